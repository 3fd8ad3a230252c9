/** The contract of a service whose handlers do what handlers should not. */
import { contract, notify, nothing, response, stream, unchecked } from 'millrace';

export const Mischief = contract('mischief', {
  ping: response(nothing, unchecked<string>()),
  answer: response(unchecked<string>(), unchecked<string>()),
  items: stream(unchecked<string>(), unchecked<number>()),
  told: notify(unchecked<string>()),
});
