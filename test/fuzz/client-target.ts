/** A client whose server is the fuzzer: it makes calls of all kinds, answers some, and each of its calls ends. */
import { type Clock, isMeshError, schedulerOf } from 'millrace';
import { connect, type Connection, type ConnectOptions, payload } from 'millrace/rsocket';
import { concat, delay, NEVER, type Observable, of } from 'rxjs';
import { Flag, payloadFrame, prefixed } from '../rsocket/raw-frame.js';
import { chunksOf } from './chunks.js';
import { fromServers } from './conversations.js';
import { dice, type Dice } from './dice.js';
import { type FuzzClock, fuzzClock } from './fuzz-clock.js';
import { type FuzzLink, fuzzTransport } from './fuzz-link.js';
import type { Input } from './input.js';
import { LIMITS, LONGEST_ITEM, sayFaults } from './server-target.js';
import { watchedService } from './service.js';
import { must, type Target } from './target.js';

export type ClientVariant = 'plain' | 'leased' | 'resumable';

const AFTERWARDS = 30_000;
const LONG = 2 ** 31 - 1;

export async function clientTarget(variant: ClientVariant): Promise<Target> {
  const clock = fuzzClock();
  const watched = watchedService(clock, LONGEST_ITEM);
  const options: ConnectOptions = {
    clock,
    limits: LIMITS,
    responder: watched.service,
    fragment: variant === 'plain' ? 64 : 8000,
    lease: variant !== 'plain',
    resume: variant === 'resumable',
    keepAlive: 700,
    lifetime: 2500,
  };
  const neighbour = await meetNeighbour(clock);
  const timers = clock.pending;

  async function play(input: Input): Promise<void> {
    const rolls = dice(input.shape);
    const links: FuzzLink[] = [];
    const transport = fuzzTransport();
    transport.whole = rolls.once(3);
    transport.dialled = (link) => void links.push(link);
    const made = connect(transport, options);
    await clock.settle();
    const connection = await made;
    const calls = makeCalls(connection, clock, rolls);
    await say(transport.whole ? input.frames : chunksOf(input, rolls), links, clock, rolls);
    await neighbour();
    if (rolls.once(3)) connection.close().subscribe();
    await clock.settle();
    for (let tries = 0; tries < 3; tries++) {
      for (const link of links) link.close(rolls.once(2) ? new Error('reset') : undefined);
      await clock.pass(AFTERWARDS / 3);
    }
    const gone = 'after the connection has gone';
    must(calls.wrong === undefined, () => calls.wrong ?? '');
    must(calls.open === 0, () => `${calls.open} calls have not ended ${gone}`);
    must(watched.open === 0, () => `${watched.open} handlers are at work ${gone}`);
    must(clock.pending === timers, () => `${clock.pending - timers} timers are left ${gone}`);
    sayFaults(watched);
  }

  return {
    name: `client ${variant}`,
    seeds: fromServers,
    batch: 1,
    play: async (inputs) => {
      for (const input of inputs) await play(input);
    },
    check: () => Promise.resolve(),
    close() {
      clock.release();
      return Promise.resolve();
    },
  };
}

async function say(
  pieces: readonly Uint8Array[],
  links: readonly FuzzLink[],
  clock: FuzzClock,
  rolls: Dice,
): Promise<void> {
  for (const piece of pieces) {
    const link = links.at(-1);
    link?.say(piece);
    if (rolls.once(3)) await clock.settle();
    if (rolls.once(24)) await clock.pass(rolls.pick([1, 30, 800, 2600]));
    if (link !== undefined && rolls.once(24)) link.deaf = true;
    if (rolls.once(12)) link?.drain();
    if (!rolls.once(30)) continue;
    link?.close(rolls.once(2) ? new Error('reset') : undefined);
    await clock.pass(rolls.pick([1, 200]));
  }
  await clock.settle();
}

export interface Calls {
  readonly open: number;
  readonly wrong: string | undefined;
}

/** A response, a stream, a channel that echoes and one that never ends, a notify and a push; some are left again. */
export function makeCalls(connection: Connection, clock: Clock, rolls: Dice): Calls {
  let open = 0;
  let wrong: string | undefined;
  const typed = (error: unknown): void => {
    if (!isMeshError(error)) wrong ??= `a call failed with ${String(error)}, which is no MeshError`;
  };
  const call = (work: Observable<unknown>): void => {
    open += 1;
    const made = work.subscribe({ error: typed });
    made.add(() => (open -= 1));
    if (rolls.once(6)) clock.after(rolls.below(40), () => made.unsubscribe());
  };
  const words = [payload('a'), payload('b'.repeat(300), 'of metadata'), payload('c')];
  const slow = of(payload('d')).pipe(delay(20, schedulerOf(clock)));
  call(connection.response(payload('what')));
  call(connection.stream(payload('which', 'm'), rolls.once(2) ? { window: 2 } : {}));
  call(connection.channel(concat(of(...words), slow, NEVER)));
  call(connection.channel(of(...words)));
  call(connection.notify(payload('note')));
  call(connection.push(new Uint8Array(3)));
  connection.pushes.subscribe({ error: typed });
  connection.closed.subscribe({ error: typed });
  return {
    get open() {
      return open;
    },
    get wrong() {
      return wrong;
    },
  };
}

/** A connection to a server that keeps to the protocol. */
async function meetNeighbour(clock: FuzzClock): Promise<() => Promise<void>> {
  const transport = fuzzTransport();
  let server: FuzzLink | undefined;
  transport.dialled = (link) => (server = link);
  const made = connect(transport, { clock, keepAlive: LONG, lifetime: LONG, limits: { lifetime: LONG } });
  await clock.settle();
  const connection = await made;
  let asked = 0;
  return async () => {
    asked += 1;
    const text = `hello ${asked}`;
    let answer: string | undefined;
    if (server !== undefined) server.said.length = 0;
    connection.response(payload(text)).subscribe(({ data }) => (answer = new TextDecoder().decode(data)));
    await clock.settle();
    for (const frame of server?.said ?? []) {
      if (frame.name !== 'REQUEST_RESPONSE') continue;
      server?.say(prefixed(payloadFrame(frame.streamId, frame.data, { flags: Flag.NEXT | Flag.COMPLETE })));
    }
    await clock.settle();
    must(
      answer === text,
      () => `a neighbour that asked '${text}' got ${answer === undefined ? 'nothing' : `'${answer}'`}`,
    );
  };
}
