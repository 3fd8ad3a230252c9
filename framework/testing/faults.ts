/** What a simulated network may do to those who use it, and how often it did. */
import { count, duration, meshError, size } from '../core/index.js';

/** Each time, in milliseconds or as `'5 ms'`; a pair gives the shortest and the longest. */
export type Span = string | number | readonly [string | number, string | number];

export interface NetworkOptions {
  /** How long a segment is under way, in one direction. Default 1 ms. */
  readonly delay?: Span;
  /** The chance, from 0 to 1, that a segment is lost and has to be sent again. Default 0. */
  readonly loss?: number;
  /** The chance that a segment ends its connection instead of arriving, as a box between the two may do it. Default 0. */
  readonly resets?: number;
  /** The chance that a write is split at a random place, and the rest again; the pieces travel on their own. Default 0. */
  readonly splits?: number;
  /** How long until a lost segment is sent again; twice as long each further time. Default 200 ms. */
  readonly retransmit?: string | number;
  /** Losses in a row of one segment after which its connection breaks. Default 6. */
  readonly attempts?: number;
  /** How long a connection bears that a partition holds up what it sends before it breaks. Default 30 s. */
  readonly timeout?: string | number;
  /** How long a dial may take. Default 10 s. */
  readonly dialTimeout?: string | number;
  /** Bytes that a link takes before its writers are asked to wait. Default 64 KiB. */
  readonly highWater?: string | number;
  /** Lines of the log that are kept; the fingerprint covers those that have gone as well. Default 10,000. */
  readonly logLines?: number;
}

/** {@link NetworkOptions}, checked and whole; times in milliseconds. */
export interface Faults {
  readonly shortest: number;
  readonly longest: number;
  readonly loss: number;
  readonly resets: number;
  readonly splits: number;
  readonly retransmit: number;
  readonly attempts: number;
  readonly timeout: number;
  readonly dialTimeout: number;
  readonly highWater: number;
  readonly logLines: number;
}

/** How often each thing happened. */
export interface FaultCounts {
  /** Segments that took longer than the shortest delay. */
  delayed: number;
  /** Losses of segments and of attempts to dial. */
  lost: number;
  /** Segments that one of another connection overtook, though it was sent later. */
  reordered: number;
  /** Writes that went in more than one piece. */
  split: number;
  /** Sides of a connection that were told that it was reset. */
  reset: number;
  /** Connections that broke since what was sent didn't get through. */
  timedOut: number;
  /** Dials to places where nobody listened. */
  refused: number;
  /** Directions of connections, and dials, that a partition held up. */
  partitioned: number;
  /** Directions of connections, and dials, that a half-open path swallowed. */
  halfOpen: number;
  /** Hosts that crashed. */
  crashed: number;
  /** Hosts that were started again. */
  restarted: number;
}

/** Nothing has happened yet. */
export function noFaults(): FaultCounts {
  return {
    delayed: 0,
    lost: 0,
    reordered: 0,
    split: 0,
    reset: 0,
    timedOut: 0,
    refused: 0,
    partitioned: 0,
    halfOpen: 0,
    crashed: 0,
    restarted: 0,
  };
}

/** Checks options and puts defaults in; throws Invalid for what makes no sense. */
export function faultsOf(options: NetworkOptions): Faults {
  const { delay = 1 } = options;
  const [shortest, longest] =
    typeof delay === 'object' ? [duration(delay[0]), duration(delay[1])] : both(duration(delay));
  if (shortest > longest) throw meshError('Invalid', `delay: ${shortest} ms is more than ${longest} ms`);
  return {
    shortest,
    longest,
    loss: probability(options.loss, 'loss'),
    resets: probability(options.resets, 'resets'),
    splits: probability(options.splits, 'splits'),
    retransmit: duration(options.retransmit ?? '200 ms'),
    attempts: count(options.attempts ?? 6),
    timeout: duration(options.timeout ?? '30 s'),
    dialTimeout: duration(options.dialTimeout ?? '10 s'),
    highWater: size(options.highWater ?? '64 KiB'),
    logLines: count(options.logLines ?? 10_000),
  };
}

function both(ms: number): readonly [number, number] {
  return [ms, ms];
}

function probability(value = 0, name: string): number {
  if (value >= 0 && value < 1) return value;
  throw meshError('Invalid', `${name}: ${value} is not a chance from 0 up to, not including, 1`);
}
