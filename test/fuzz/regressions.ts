/** Inputs that once did wrong, each by its name: they are played again in each test run. */
import { Flag, payloadFrame, responseFrame, setupFrame } from '../rsocket/raw-frame.js';
import { written } from './input.js';

export interface Regression {
  readonly name: string;
  readonly target: string;
  /** As the fuzzer prints it. */
  readonly input: string;
}

/** SETUP with composite metadata and JSON, as it begins. */
const SETUP =
  '0000000004000001000000004e2000015f90276d6573736167652f782e72736f636b65742e636f6d706f736974652d6d657461646174612e7630' +
  '106170706c69636174696f6e2f6a736f6e';

export const regressions: readonly Regression[] = [
  {
    name: 'bytes of an unfinished item given back twice, when a channel ends whose messages nobody reads',
    target: 'server-plain',
    input: `15:${SETUP},000000011d0000000002000009fe000005046d75746561,0000000128a078`,
  },
  {
    name: 'bytes of an unfinished item given back twice, when a channel ends with an error',
    target: 'server-plain',
    input: `2:${SETUP}6b657074,000000011c000000000568656c6c6f,0000000128000000,0000000128a06832,0000000128a06832,000000000500000100,000000012c00000002016e6f,00000000e60b,00000000fe0000000007`,
  },
  {
    name: 'a request that was refused for its last fragment and handled all the same',
    target: 'server-plain',
    input: written({
      shape: 0,
      frames: [
        setupFrame(),
        responseFrame(1, 'h'.repeat(900), { flags: Flag.FOLLOWS }),
        payloadFrame(1, 'h'.repeat(900)),
      ],
    }),
  },
];
