/** What a registry is asked by the instances that it knows and by those who look for them. */
import { channel, contract, stream } from '../contract/index.js';
import { changesSchema, interestSchema, leaseTermsSchema, registrationSchema } from './registry-messages.js';

export const Registry = contract('registry', {
  register: channel(registrationSchema, leaseTermsSchema, {
    about: 'Registers an instance for as long as the channel is open and renewed.',
    overflow: 'latest',
  }),
  watch: stream(interestSchema, changesSchema, {
    about: 'Instances: all of them first, then what changes, merged for a reader that is slow.',
  }),
});
