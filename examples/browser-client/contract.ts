/** What the page calls. It says the same in plain JavaScript, index.html. */
import { contract, nothing, stream, unchecked } from 'millrace';

export const Gauge = contract('gauge', {
  levels: stream(nothing, unchecked<number>(), { about: 'How high the river stands, measured when somebody asks.' }),
});
