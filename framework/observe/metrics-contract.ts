/** What a node is asked for its meters. */
import { contract, stream } from '../contract/index.js';
import { metricsInterestSchema, metricsSnapshotSchema } from './metrics-messages.js';

export const Metrics = contract('metrics', {
  watch: stream(metricsInterestSchema, metricsSnapshotSchema, {
    about: 'What the meters of a node say, each interval; merged for a reader that is slow.',
  }),
});
