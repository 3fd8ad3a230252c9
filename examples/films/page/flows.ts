/** What the services say of their flows, put together moment by moment. */
import type { Flow, ServiceName } from '../contracts.js';

/** The feed's way, its source first. */
export const HOPS: readonly ServiceName[] = ['catalogue', 'ratings', 'playback', 'home'];

/** Milliseconds between two looks of a service. */
const INTERVAL = 100;
/** Looks without a word after which a service is away. */
const SILENCE = 8;
/** Looks that are kept. */
const KEPT = 20;
/** A faster flow moves on while it is looked at, and is shown as the mean of some looks. */
const FAST = 500;
const WEIGHT = 0.25;

/** What lies between a hop and the next, at one moment. */
export interface Lane {
  /** Whether the service has been heard of. */
  readonly live: boolean;
  /** Whether the feed is open there. */
  readonly open: boolean;
  readonly made: number;
  readonly perSecond: number;
  /** Items that it has made and the next has not. */
  readonly waiting: number;
  readonly credit: number;
  /** Its credit, and what it has made of it since the look before. */
  readonly allowed: number;
  readonly memory: number;
}

/** What the page has shown, as if it were one more service. */
export interface Shown {
  readonly made: number;
  readonly open: boolean;
}

export class Flows {
  /** By moment, then by hop. */
  private readonly moments = new Map<number, Map<string, Flow>>();
  private readonly shown = new Map<number, Shown>();
  private readonly last = new Map<string, Flow>();
  private readonly means = new Map<string, number>();
  private readonly before = new Map<string, number>();

  /** A service has looked. */
  hear(flow: Flow): void {
    const moment = momentOf(flow.at);
    const heard = this.moments.get(moment) ?? new Map<string, Flow>();
    this.moments.set(moment, heard.set(flow.hop, flow));
    this.last.set(flow.hop, flow);
    forget(this.moments);
  }

  /** The page has looked, at the same moment as the services. */
  show(at: number, shown: Shown): void {
    this.shown.set(momentOf(at), shown);
    forget(this.shown);
  }

  /** The lanes at the newest moment of which all have told who are not away; undefined before the first. */
  lanes(now: number): readonly Lane[] | undefined {
    const present = HOPS.filter((hop) => momentOf(now) - momentOf(this.last.get(hop)?.at ?? 0) <= SILENCE);
    const moment = [...this.moments.keys()]
      .filter((at) => this.shown.has(at) && present.every((hop) => this.moments.get(at)?.has(hop)))
      .reduce((newest, at) => Math.max(newest, at), 0);
    const shown = this.shown.get(moment);
    if (shown === undefined) return undefined;
    let next: Shown = shown;
    const lanes = HOPS.toReversed().map((hop) => {
      const flow = this.moments.get(moment)?.get(hop) ?? this.last.get(hop);
      const lane = this.lane(hop, flow, next, present.includes(hop));
      next = lane;
      return lane;
    });
    return lanes.toReversed();
  }

  /** Items wait where the next is there to read them; those that a dead service had are lost. */
  private lane(hop: string, flow: Flow | undefined, next: Shown, live: boolean): Lane {
    const { made = 0, memory = 0 } = flow ?? {};
    const { perSecond = 0, credit = 0, open = false } = (live ? flow : undefined) ?? {};
    const between = next.open ? Math.max(0, made - next.made) : 0;
    const waiting = perSecond > FAST ? this.mean(hop, between) : between;
    this.means.set(hop, waiting);
    const before = this.before.get(hop) ?? made;
    this.before.set(hop, made);
    const allowed = credit + Math.max(0, made - before);
    return { live, open, made, perSecond, waiting, credit, allowed, memory };
  }

  private mean(hop: string, value: number): number {
    const before = this.means.get(hop) ?? value;
    return before + (value - before) * WEIGHT;
  }
}

/** Milliseconds until a service looks next, a moment later than the full tenth of a second. */
export function untilLook(now: number): number {
  return INTERVAL + 1 - (now % INTERVAL);
}

function momentOf(at: number): number {
  return Math.floor(at / INTERVAL);
}

function forget(kept: Map<number, unknown>): void {
  for (const moment of kept.keys()) {
    if (kept.size <= KEPT) return;
    kept.delete(moment);
  }
}
