/** A peer as one of those that serve a service: what calls of this service have shown of it. */
import type { WireCalls } from '../contract/index.js';
import type { Clock } from '../core/index.js';
import type { Candidate } from './balancer.js';
import { GOOD, type Standing } from './ejection.js';
import type { Instance } from './instance.js';
import { PeakEwma } from './peak-ewma.js';
import type { Peer } from './peer.js';

/** Milliseconds of latency that failures can make up. */
const SLOWEST = 10_000;

/** Who has just come gets so much of its share, and more from then on. */
const COLD = 0.1;

export class Member implements Candidate {
  pending = 0;
  standing: Standing = GOOD;
  private readonly seen = new PeakEwma();
  private readonly arrows = new Map<string, WireCalls>();

  /** `warming` is the milliseconds that an instance takes to get its whole share; `through` what stands before the calls of a method. */
  constructor(
    readonly peer: Peer,
    private readonly clock: Clock,
    private readonly warming: () => number,
    private readonly through: (method: string, calls: WireCalls) => WireCalls,
  ) {}

  get instance(): Instance {
    return this.peer.instance;
  }

  get available(): boolean {
    return this.peer.available;
  }

  latency(now: number): number {
    return this.seen.latency(now);
  }

  rest(): number {
    return this.seen.rest;
  }

  load(now: number): number {
    return (this.seen.latency(now) * (this.pending + 1)) / this.share(now);
  }

  share(now: number): number {
    const { weight } = this.peer.instance;
    const warming = this.warming();
    if (warming === 0) return weight;
    const warmth = (now - this.peer.upSince) / warming;
    return warmth >= 1 ? weight : weight * Math.max(COLD, warmth);
  }

  /** The calls of one method to it. */
  calls(method: string): WireCalls {
    const known = this.arrows.get(method);
    if (known !== undefined) return known;
    const made = this.through(method, this.peer.call);
    if (this.arrows.size < METHODS) this.arrows.set(method, made);
    return made;
  }

  /** An answer has begun so many milliseconds after its call. */
  answered(latency: number): void {
    this.seen.observe(latency, this.clock.now());
  }

  /** A call failed. Who fails at once isn't quick: it counts as twice as slow as before, so that it draws no more calls. */
  failed(elapsed: number): void {
    const now = this.clock.now();
    this.seen.observe(Math.min(SLOWEST, Math.max(elapsed, 2 * this.seen.latency(now), 1)), now);
  }
}

/** Methods whose arrows are kept: a program calls no more of one service. */
const METHODS = 1000;
