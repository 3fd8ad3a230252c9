/** What programs are asked that are found in registries. */
import { contract, nothing, response, unchecked } from 'millrace';

export const Who = contract('who', {
  /** The process that answers. */
  answers: response(nothing, unchecked<number>(), { idempotent: true }),
});
