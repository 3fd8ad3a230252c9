/** What registries ask of each other. */
import { contract, nothing, response, stream } from '../../framework/index.js';
import { batchSchema, pageSchema, pushedSchema, sumsSchema, wantedSchema } from './peer-messages.js';

export const RegistryPeers = contract('registry.peers', {
  push: response(batchSchema, pushedSchema, {
    about: 'Tells what has changed; the answer says what is to be told whole, and what is known better.',
    idempotent: true,
  }),
  sums: response(nothing, sumsSchema, {
    about: 'Sums of the parts of what is known: where two have the same they know the same.',
    idempotent: true,
  }),
  pull: stream(wantedSchema, pageSchema, { about: 'All that is known in some parts, or in all.', idempotent: true }),
});
