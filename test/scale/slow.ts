/** Sockets that take their time: a SETUP byte by byte, and peers that say nothing more and do not go. */
import { setTimeout as delay } from 'node:timers/promises';
import { prefixed, setupFrame } from '../rsocket/raw-frame.js';
import { type Claim, counted, type Finding, type Host, inMib, startHost, unless } from './host.js';
import { openCrowd, type RawSocket } from './raw-socket.js';

/** Bytes that the server may hold for a socket that has said only a part of its SETUP. */
const SOCKET = 24 * 1024;

/** Each sends a byte each `every` milliseconds, which would take far longer than `setupTime` allows. */
export async function slowSetups(count: number, every: number, setupTime: number): Promise<Finding> {
  const host = await startHost({ setupTime });
  try {
    const before = await host.held();
    const crowd = await openCrowd(host.path, count);
    const setup = prefixed(setupFrame());
    let over = false;
    const refusals = crowd.map(({ expect }) =>
      expect(1, ({ name }) => name === 'ERROR').then(
        () => true,
        () => false,
      ),
    );
    const dropped = Promise.all(crowd.map(({ closed }) => closed)).then(() => (over = true));
    const full = await host.held();
    for (let at = 0; !over && at < setup.length; at++) {
      for (const { socket } of crowd) if (socket.writable) socket.write(setup.subarray(at, at + 1));
      await Promise.race([delay(every), dropped]);
    }
    const told = (await Promise.all(refusals)).filter(Boolean).length;
    await dropped;
    return await gone(
      host,
      before.descriptors,
      `${counted(count)} sockets that send SETUP byte by byte, ${counted(told)} told why`,
      [
        [told === count, `${told} of ${count} were told why`],
        [full.bytes - before.bytes < count * SOCKET, `they take ${inMib(full.bytes - before.bytes)}`],
      ],
    );
  } finally {
    await host.end();
  }
}

/** Each says SETUP with a short lifetime; then a third is silent, a third shuts its half, and a third reads nothing. */
export async function halfOpen(count: number, lifetime: number): Promise<Finding> {
  const host = await startHost();
  try {
    const before = await host.held();
    const crowd = await openCrowd(host.path, count);
    const setup = setupFrame({ keepAlive: lifetime, lifetime });
    for (const [index, peer] of crowd.entries()) {
      peer.send(setup);
      if (index % 3 === 1) peer.socket.end();
      if (index % 3 === 2) stopReading(peer);
    }
    const most = await host.until(({ connections }) => connections >= Math.floor((count * 2) / 3));
    const after = await host.until(
      ({ connections, descriptors }) => connections === 0 && descriptors <= before.descriptors + 4,
    );
    for (const { socket } of crowd) socket.destroy();
    return await gone(
      host,
      before.descriptors,
      `${counted(count)} half-open sockets, of which ${counted(most.connections)} were counted at first`,
      [
        [after.connections === 0, `${after.connections} connections outlive their lifetime`],
        [after.descriptors <= before.descriptors + 4, `${after.descriptors} descriptors outlive their lifetime`],
      ],
    );
  } finally {
    await host.end();
  }
}

function stopReading({ socket }: RawSocket): void {
  socket.pause();
}

async function gone(host: Host, descriptors: number, figures: string, claims: readonly Claim[]): Promise<Finding> {
  const after = await host.until((held) => held.connections === 0 && held.descriptors <= descriptors + 4);
  return {
    figures: `${figures}; ${after.connections} connections left`,
    faults: unless(
      ...claims,
      [after.connections === 0, `${after.connections} connections are left`],
      [after.descriptors <= descriptors + 4, `${after.descriptors} descriptors are left, ${descriptors} before`],
    ),
  };
}
