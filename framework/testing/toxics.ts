/** What a fault proxy may do to the bytes that pass it, by the names that Toxiproxy gave them. */
import { asMeshError, duration, meshError, ratio, size } from '../core/index.js';

/** Bytes, as a number or `'64 KiB'`; a pair gives the least and the most, of which chance chooses for each connection and each time. */
export type Amount = string | number | readonly [string | number, string | number];
/** Milliseconds, as a number or `'20 ms'`. */
type Time = string | number;

interface Common {
  /** `up` to the server, `down` to the client. Default both. */
  readonly direction?: 'up' | 'down' | 'both';
  /** The chance, from 0 to 1, that a connection is concerned. Default 1. */
  readonly chance?: number;
}

/** Everything comes later, by `latency` give or take up to `jitter`; nothing overtakes. */
export interface Latency extends Common {
  readonly kind: 'latency';
  readonly latency: Time;
  readonly jitter?: Time;
}

/** No more than `rate` bytes a second. */
export interface Bandwidth extends Common {
  readonly kind: 'bandwidth';
  readonly rate: string | number;
}

/** What comes is cut into pieces of `size`, each sent on its own, `delay` after the one before. */
export interface Slicer extends Common {
  readonly kind: 'slicer';
  readonly size: Amount;
  readonly delay?: Time;
}

/** The end of a connection is told `delay` later. */
export interface SlowClose extends Common {
  readonly kind: 'slow_close';
  readonly delay: Time;
}

/** A black hole: nothing passes any more, and after `timeout` the connection is closed; without one, never. */
export interface Timeout extends Common {
  readonly kind: 'timeout';
  readonly timeout?: Time;
}

/** The connection is reset (TCP's RST) `timeout` after this began, or after it was made; by default at once. */
export interface ResetPeer extends Common {
  readonly kind: 'reset_peer';
  readonly timeout?: Time;
}

/** Once `bytes` have passed the connection is closed, or reset, in the midst of whatever it was. */
export interface LimitData extends Common {
  readonly kind: 'limit_data';
  readonly bytes: Amount;
  readonly reset?: boolean;
}

/** Nothing passes, and neither side is told when the other goes: as when a cable is pulled. Once it is removed, those who are alone are told. */
export interface HalfOpen extends Common {
  readonly kind: 'half_open';
}

/** In each so many bytes a bit is flipped. */
export interface Corrupt extends Common {
  readonly kind: 'corrupt';
  readonly every: Amount;
}

export type Toxic = Latency | Bandwidth | Slicer | SlowClose | Timeout | ResetPeer | LimitData | HalfOpen | Corrupt;

/** From the least to the most. */
export type Range = readonly [number, number];

/** A toxic with all its numbers: milliseconds and bytes. */
export interface Dose {
  readonly kind: Toxic['kind'];
  readonly up: boolean;
  readonly down: boolean;
  readonly chance: number;
  /** Latency, delay or timeout; Infinity for a timeout that never comes. */
  readonly time: number;
  readonly jitter: number;
  readonly bytes: Range;
  readonly reset: boolean;
}

/** Checks a toxic; throws Invalid for what makes no sense, with its name. */
export function doseOf(toxic: Toxic): Dose {
  const { kind, direction = 'both', chance = 1 } = toxic;
  try {
    if (!['up', 'down', 'both'].includes(direction)) throw meshError('Invalid', `no direction '${direction}'`);
    const common = {
      kind,
      up: direction !== 'down',
      down: direction !== 'up',
      chance: ratio(chance),
      time: 0,
      jitter: 0,
      bytes: [Infinity, Infinity],
      reset: false,
    } as const;
    switch (toxic.kind) {
      case 'latency':
        return { ...common, time: duration(toxic.latency), jitter: duration(toxic.jitter ?? 0) };
      case 'bandwidth':
        return { ...common, bytes: rangeOf(toxic.rate) };
      case 'slicer':
        return { ...common, bytes: rangeOf(toxic.size), time: duration(toxic.delay ?? 0) };
      case 'slow_close':
        return { ...common, time: duration(toxic.delay) };
      case 'timeout':
        return { ...common, time: toxic.timeout === undefined ? Infinity : duration(toxic.timeout) };
      case 'reset_peer':
        return { ...common, time: duration(toxic.timeout ?? 0), reset: true };
      case 'limit_data':
        return { ...common, bytes: rangeOf(toxic.bytes, 0), reset: toxic.reset === true };
      case 'half_open':
        return common;
      case 'corrupt':
        return { ...common, bytes: rangeOf(toxic.every) };
      default:
        throw meshError('Invalid', 'there is no such toxic');
    }
  } catch (cause) {
    throw meshError('Invalid', `${kind}: ${asMeshError(cause).message}`, { cause });
  }
}

function rangeOf(amount: Amount, least = 1): Range {
  const [from, to] = typeof amount === 'object' ? [size(amount[0]), size(amount[1])] : [size(amount), size(amount)];
  if (from < least || from > to) throw meshError('Invalid', `${from} to ${to} bytes is no range of ${least} or more`);
  return [from, to];
}

/** One of the range, by a number from 0 up to 1. */
export function within([from, to]: Range, chance: number): number {
  return from + Math.floor(chance * (to - from + 1));
}
