/** What happened to a command in the last seconds, in buckets of which the oldest is forgotten at a time. */
import { COMMAND_EVENTS, type CommandCounts, type CommandEvent } from './command-view.js';
import { Histogram } from './histogram.js';
import type { HistogramData } from './histogram-data.js';

/** One bucket; it is used again when its time has passed. */
class Bucket {
  /** Which of the buckets since time began it is now. */
  number = -1;
  readonly counts = new Float64Array(COMMAND_EVENTS.length);
  readonly latency = new Histogram();
  concurrent = 0;

  become(number: number): void {
    this.number = number;
    this.counts.fill(0);
    this.latency.clear();
    this.concurrent = 0;
  }
}

/** What a window holds beside latencies. */
export interface WindowLoad {
  readonly counts: CommandCounts;
  /** The most calls at once that were noted. */
  readonly concurrent: number;
}

/** A window of `width` milliseconds in so many buckets. The present one is part of it, so that it reaches back a bucket less at times. */
export class CommandWindow {
  private readonly buckets: readonly Bucket[];
  private readonly each: number;

  constructor(width = 10_000, parts = 10) {
    this.buckets = Array.from({ length: parts }, () => new Bucket());
    this.each = width / parts;
  }

  count(event: CommandEvent, now: number): void {
    counted(this.at(now), event);
  }

  /** How one of so many calls at once went; `latency` is undefined where nobody waited for its end. */
  went(event: CommandEvent, latency: number | undefined, concurrent: number, now: number): void {
    const bucket = this.at(now);
    counted(bucket, event);
    if (latency !== undefined) bucket.latency.add(latency);
    if (concurrent > bucket.concurrent) bucket.concurrent = concurrent;
  }

  load(now: number): WindowLoad {
    const held = this.held(now);
    const counts = COMMAND_EVENTS.map((event, at) => {
      return [event, held.reduce((sum, bucket) => sum + (bucket.counts[at] ?? 0), 0)] as const;
    });
    return {
      counts: Object.fromEntries(counts) as CommandCounts,
      concurrent: Math.max(0, ...held.map(({ concurrent }) => concurrent)),
    };
  }

  latency(now: number): HistogramData {
    const all = new Histogram();
    for (const { latency } of this.held(now)) all.include(latency);
    return all.data();
  }

  private held(now: number): readonly Bucket[] {
    const last = Math.floor(now / this.each);
    return this.buckets.filter(({ number }) => number > last - this.buckets.length && number <= last);
  }

  private at(now: number): Bucket {
    const number = Math.floor(now / this.each);
    const bucket = this.buckets[number % this.buckets.length] as Bucket;
    if (bucket.number !== number) bucket.become(number);
    return bucket;
  }
}

const INDEX = Object.fromEntries(COMMAND_EVENTS.map((event, at) => [event, at])) as Readonly<
  Record<CommandEvent, number>
>;

function counted({ counts }: Bucket, event: CommandEvent): void {
  const at = INDEX[event];
  counts[at] = (counts[at] ?? 0) + 1;
}
