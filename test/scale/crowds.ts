/** Many at once: connections that are silent, and streams that stay open. */
import { Flag, requestNFrame, responseFrame, setupFrame, streamFrame } from '../rsocket/raw-frame.js';
import { counted, type Finding, inMib, startHost, unless } from './host.js';
import { openCrowd, openFiles } from './raw-socket.js';

/** Bytes that the server may hold for each; measured are some 10 KiB and 2 KiB. */
const CONNECTION = 24 * 1024;
const STREAM = 5 * 1024;
/** Streams of one connection; the protocol's limit row allows no more. */
const EACH = 10_000;
const LONG = 2 ** 31 - 1;

const hello = setupFrame({ keepAlive: LONG, lifetime: LONG });

/** Connections of which each is answered after all have been silent. */
export async function idleConnections(count: number): Promise<Finding> {
  if (openFiles() < count + 100)
    return { figures: '', faults: [`ulimit -n is ${openFiles()}, too few for ${count} sockets`] };
  const host = await startHost();
  try {
    const first = await openCrowd(host.path, 100);
    for (const { send } of first) send(hello);
    const before = await host.until(({ connections }) => connections === 100);
    const crowd = await openCrowd(host.path, count - 100);
    for (const { send } of crowd) send(hello);
    const full = await host.until(({ connections }) => connections === count);
    const answers = crowd.map(({ expect }) =>
      expect(1, ({ name, flags }) => name === 'PAYLOAD' && (flags & Flag.COMPLETE) !== 0),
    );
    for (const { send } of crowd) send(responseFrame(1, 'still there?'));
    await Promise.all(answers);
    for (const { socket } of [...first, ...crowd]) socket.destroy();
    const after = await host.until(({ connections }) => connections === 0);
    const each = (full.bytes - before.bytes) / (count - 100);
    return {
      figures: `${counted(count)} idle connections, ${counted(each)} bytes each; all answered; ${counted(after.connections)} left`,
      faults: unless(
        [full.connections === count, `${full.connections} of ${count} connections are open`],
        [each < CONNECTION, `an idle connection takes ${counted(each)} bytes, ${CONNECTION} at most`],
        [after.connections === 0, `${after.connections} connections are left`],
        [
          after.descriptors <= before.descriptors - 100,
          `${after.descriptors} descriptors are left, ${before.descriptors} with 100 sockets`,
        ],
      ),
    };
  } finally {
    await host.end();
  }
}

/** Streams of which each has had one item, and gets one more when it asks. */
export async function openStreams(count: number): Promise<Finding> {
  const host = await startHost();
  try {
    const crowd = await openCrowd(host.path, Math.ceil(count / EACH));
    const each = Math.ceil(count / crowd.length);
    const ids = Array.from({ length: each }, (_, index) => index * 2 + 1);
    const allSay = async (frame: (id: number) => Uint8Array): Promise<void> => {
      const answers = crowd.map(({ expect }) => expect(each, ({ name }) => name === 'PAYLOAD'));
      for (const { send } of crowd) send(...ids.map(frame));
      await Promise.all(answers);
    };
    for (const { send } of crowd) send(hello);
    const before = await host.until(({ connections }) => connections === crowd.length);
    await allSay((id) => streamFrame(id, 1, 'count'));
    const full = await host.held();
    await allSay((id) => requestNFrame(id, 1));
    const still = await host.held();
    for (const { socket } of crowd) socket.destroy();
    const after = await host.until(({ connections }) => connections === 0);
    const size = (full.bytes - before.bytes) / (each * crowd.length);
    const left = after.bytes - before.bytes;
    return {
      figures: `${counted(each * crowd.length)} open streams on ${crowd.length} connections, ${counted(size)} bytes each; all answered twice; ${inMib(left)} left`,
      faults: unless(
        [size < STREAM, `an open stream takes ${counted(size)} bytes, ${STREAM} at most`],
        [still.connections === crowd.length, `${still.connections} of ${crowd.length} connections are open`],
        [after.connections === 0, `${after.connections} connections are left`],
        [left < (full.bytes - before.bytes) / 4 + 8 * 2 ** 20, `${inMib(left)} are left when the streams have gone`],
      ),
    };
  } finally {
    await host.end();
  }
}
