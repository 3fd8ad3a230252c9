/** A server on links of the fuzzer's: each input is a connection, and a neighbour on another calls all the time. */
import { fixedLeases, listen, type ListenOptions, type Server } from 'millrace/rsocket';
import { Flag, prefixed, responseFrame, setupFrame } from '../rsocket/raw-frame.js';
import { chunksOf } from './chunks.js';
import { fromClients } from './conversations.js';
import { dice, type Dice } from './dice.js';
import { type FuzzClock, fuzzClock } from './fuzz-clock.js';
import { type FuzzLink, type FuzzTransport, fuzzTransport } from './fuzz-link.js';
import type { Input } from './input.js';
import { brokenInvariant } from './invariants.js';
import { type Watched, watchedService } from './service.js';
import { must, type Target } from './target.js';

export type Variant = 'plain' | 'leased' | 'resumable' | 'bounded';

/** Small, so that inputs get over them. */
export const LIMITS = {
  frame: 1024,
  reassembly: 1500,
  reassemblies: 2500,
  metadata: 300,
  streams: 12,
  unsent: 64 * 1024,
  resumeTime: 500,
  resumeBytes: 4096,
  resumeTotal: 16_384,
  leaseQueue: 4,
  lifetime: 2 ** 31 - 1,
} as const;

/** Bytes of an item that may reach a handler. */
export const LONGEST_ITEM = LIMITS.reassembly + LIMITS.metadata;
const RATES = { requestRate: 20, cancelRate: 5, ignoredRate: 10, controlRate: 8 };
/** Longer than any time that a connection which has gone leaves timers for. */
const AFTERWARDS = 3000;

export async function serverTarget(variant: Variant): Promise<Target> {
  const clock = fuzzClock();
  const transport = fuzzTransport();
  const watched = watchedService(clock, LONGEST_ITEM);
  const server = await listen(transport, watched.service, optionsOf(variant, clock));
  const neighbour = new Neighbour(transport, clock);
  await neighbour.call();
  const timers = clock.pending;

  async function play(input: Input): Promise<void> {
    const player = new Player(transport, clock, dice(input.shape));
    await player.play(input);
    await neighbour.call();
    await player.leave();
    const gone = `after the connection has gone`;
    must(server.connections === 1, () => `${server.connections - 1} connections are counted ${gone}`);
    must(watched.open === 0, () => `${watched.open} handlers are at work ${gone}`);
    must(clock.pending === timers, () => `${clock.pending - timers} timers are left ${gone}`);
    sayFaults(watched);
  }

  return {
    name: `server ${variant}`,
    seeds: fromClients,
    batch: 1,
    play: async (inputs) => {
      for (const input of inputs) await play(input);
    },
    check: () => new Neighbour(transport, clock).call(true),
    async close() {
      await ended(server, clock);
      clock.release();
    },
  };
}

export function sayFaults(watched: Watched): void {
  const wrong = watched.fault() ?? brokenInvariant();
  must(wrong === undefined, () => wrong ?? '');
}

function optionsOf(variant: Variant, clock: FuzzClock): ListenOptions {
  const limits = variant === 'bounded' ? { ...LIMITS, ...RATES } : LIMITS;
  const common: ListenOptions = { clock, limits, grace: 0 };
  if (variant === 'leased') return { ...common, leases: fixedLeases({ requests: 3, every: 100, clock }), fragment: 64 };
  if (variant === 'resumable')
    return { ...common, resume: true, leases: fixedLeases({ requests: 50, every: 1000, clock }) };
  if (variant === 'bounded') return { ...common, accept: () => Promise.resolve(), fragment: 200 };
  return common;
}

async function ended(server: Server, clock: FuzzClock): Promise<void> {
  let over = false;
  server.close().subscribe({ complete: () => (over = true) });
  for (let tries = 0; !over && tries < 10; tries++) await clock.pass(1000);
}

/** Plays one input on links of its own. */
class Player {
  private link: FuzzLink;
  private readonly links: FuzzLink[] = [];
  private readonly whole: boolean;

  constructor(
    private readonly transport: FuzzTransport,
    private readonly clock: FuzzClock,
    private readonly dice: Dice,
  ) {
    this.whole = dice.once(3);
    this.link = this.reach();
  }

  async play(input: Input): Promise<void> {
    const { clock, dice } = this;
    for (const piece of this.whole ? input.frames : chunksOf(input, dice)) {
      this.link.say(piece);
      if (dice.once(3)) await clock.settle();
      if (dice.once(24)) await clock.pass(dice.pick([1, 30, 1100, 20_000]));
      if (dice.once(24)) this.link.deaf = true;
      if (dice.once(12)) this.link.drain();
      if (this.link.closed || dice.once(40)) await this.cut();
    }
    await clock.settle();
  }

  /** The peer goes, for good. */
  async leave(): Promise<void> {
    const { clock, dice } = this;
    if (dice.once(4)) await clock.pass(dice.pick([50, 2000]));
    for (const link of this.links) {
      link.close(dice.once(2) ? new Error('reset') : undefined);
      must(link.unsent <= LIMITS.unsent * 16, () => `${link.unsent} bytes were left with a peer that does not read`);
    }
    await clock.pass(AFTERWARDS);
    must(
      this.links.every(({ left, closed }) => left || closed),
      () => 'a link was not let go of',
    );
  }

  /** The pipe is lost, and a new one found. */
  private async cut(): Promise<void> {
    this.link.close(this.dice.once(2) ? new Error('reset') : undefined);
    await this.clock.settle();
    this.link = this.reach();
  }

  private reach(): FuzzLink {
    const link = this.transport.reach(this.whole);
    this.links.push(link);
    return link;
  }
}

/** A peer that keeps to the protocol, and gets what it asks for. */
class Neighbour {
  private readonly link: FuzzLink;
  private id = 1;
  private said = 0;

  constructor(
    transport: FuzzTransport,
    private readonly clock: FuzzClock,
  ) {
    this.link = transport.reach(false);
    this.link.say(prefixed(setupFrame({ keepAlive: 2 ** 31 - 1, lifetime: 2 ** 31 - 1 })));
  }

  async call(last = false): Promise<void> {
    const { link, id } = this;
    this.id += 2;
    this.said += 1;
    const asked = `hello ${this.said}`;
    link.said.length = 0;
    link.say(prefixed(responseFrame(id, asked)));
    await this.clock.settle();
    const answers = link.said.filter(({ streamId }) => streamId === id);
    const [answer] = answers;
    const right =
      answers.length === 1 &&
      answer?.name === 'PAYLOAD' &&
      answer.data.toString() === asked &&
      (answer.flags & Flag.COMPLETE) !== 0;
    must(
      right && !link.left,
      () => `a neighbour that asked '${asked}' got ${JSON.stringify(answers.map(({ name }) => name))}`,
    );
    if (!last) return;
    link.close();
    await this.clock.pass(AFTERWARDS);
  }
}
