import { expect } from 'chai';
import { connectCallClose } from './churn.js';
import { idleConnections, openStreams } from './crowds.js';
import type { Finding } from './host.js';
import { halfOpen, slowSetups } from './slow.js';

describe('a server in numbers', function () {
  this.timeout(60_000);

  const cases: Readonly<Record<string, () => Promise<Finding>>> = {
    'holds and answers many idle connections': () => idleConnections(1000),
    'holds and answers many open streams': () => openStreams(20_000),
    'keeps nothing of connections that came and went over TCP': () => connectCallClose(1000, 'tcp'),
    'keeps nothing of connections that came and went over Unix sockets': () => connectCallClose(3000, 'unix'),
    'drops sockets that send SETUP byte by byte': () => slowSetups(300, 50, 1000),
    'drops sockets whose other side is silent': () => halfOpen(300, 2000),
  };
  for (const [title, run] of Object.entries(cases)) {
    it(title, async () => {
      const { figures, faults } = await run();
      console.log(`      ${figures}`);
      expect(faults).to.deep.equal([]);
    });
  }
});
