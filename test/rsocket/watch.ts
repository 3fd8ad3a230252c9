/** Mocha hooks of the raw suites: peers that end with their test, and a process that sees no stray error. */

import { expect } from 'chai';
import type { RawPeer } from './raw-peer.js';

export interface Watch {
  /** Drops the peer when the test ends, and puts what it waited for into a failure's message. */
  peer<P extends RawPeer>(peer: P): P;
  /** Runs at the end of the test, last first. */
  after(finish: () => unknown): void;
}

/** Called in a `describe`: each of its tests fails on an unhandled rejection or an uncaught exception, whoever caused it. */
export function watchTests(): Watch {
  const peers: RawPeer[] = [];
  const finishers: (() => unknown)[] = [];
  const strays: unknown[] = [];
  const stray = (error: unknown): void => {
    strays.push(error);
  };

  beforeEach(() => {
    strays.length = 0;
    process.prependListener('unhandledRejection', stray);
    process.prependListener('uncaughtExceptionMonitor', stray);
  });

  afterEach(async function () {
    const failure = this.currentTest?.err;
    if (failure !== undefined) failure.message += peers.map((peer) => `\n  ${peer.report()}`).join('');
    for (const peer of peers.splice(0)) peer.destroy();
    for (const finish of finishers.splice(0).reverse()) await finish();
    process.off('unhandledRejection', stray);
    process.off('uncaughtExceptionMonitor', stray);
    expect(strays.map(String), 'unhandled rejections and uncaught exceptions').to.deep.equal([]);
  });

  return {
    peer: (peer) => {
      peers.push(peer);
      return peer;
    },
    after: (finish) => {
      finishers.push(finish);
    },
  };
}
