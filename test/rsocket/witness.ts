/** A well-behaved connection that calls without a pause while another misbehaves. */

import { expect } from 'chai';
import { connectSetUp, expectEcho } from './expectations.js';
import type { RawPeer, RawTransport } from './raw-peer.js';

export interface Witness {
  /** Fails unless calls were answered all the time and still are, on this connection and on a new one. */
  testify(): Promise<void>;
}

/** Resolves once the first call was answered. */
export async function bearWitness(
  transport: RawTransport,
  port: number,
  keep: (peer: RawPeer) => RawPeer,
): Promise<Witness> {
  const peer = keep(await connectSetUp(transport, port));
  await expectEcho(peer, 1);
  let answered = 0;
  let over = false;
  const calling = (async () => {
    for (let id = 3; !over; id += 2) {
      await expectEcho(peer, id);
      answered += 1;
    }
  })();
  calling.catch(() => undefined);
  return {
    async testify() {
      over = true;
      await calling;
      expect(answered, 'calls of the witness that were answered meanwhile').to.be.above(0);
      await expectEcho(peer, 2 ** 31 - 1);
      await expectEcho(keep(await connectSetUp(transport, port)), 1);
    },
  };
}
