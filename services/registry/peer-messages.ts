/** What registries say to each other, as it is read: sizes and counts are bounded, for a peer may be anybody who claims to be one. */
import { instanceSchema, type Schema } from '../../framework/index.js';
import * as v from 'valibot';
import { BUCKETS } from './ledger.js';
import type { Gone, Renewal, Replica } from './replica.js';

/** Items of one message at most, however a peer is set. */
export const MOST_ITEMS = 1000;

/** Who speaks: one run of one registry, and the name that people know it by. */
export interface Speaker {
  readonly epoch: string;
  readonly name: string;
}

/** What has changed lately. */
export interface Batch {
  readonly from: Speaker;
  readonly replicas: readonly Replica[];
  readonly gone: readonly Gone[];
  readonly renewals: readonly Renewal[];
}

/** What came of it. */
export interface Pushed {
  readonly from: Speaker;
  /** Keys of which the whole account is wanted: they are not known, or known differently. Eureka's 404. */
  readonly wanted: readonly string[];
  /** What is known better here. Eureka's 409. */
  readonly replicas: readonly Replica[];
  readonly gone: readonly Gone[];
}

/** Sums of all parts of what is known, and whether it is all that there was when the registry began. */
export interface Sums {
  readonly from: Speaker;
  readonly ready: boolean;
  readonly buckets: readonly string[];
}

/** Which parts somebody wants; all if none are named. */
export interface Wanted {
  readonly buckets?: readonly number[];
}

/** Accounts of some of the instances in these parts. */
export interface Page {
  readonly from: Speaker;
  readonly ready: boolean;
  readonly replicas: readonly Replica[];
  readonly gone: readonly Gone[];
}

const key = v.pipe(v.string(), v.minLength(1), v.maxLength(513));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const digest = v.pipe(v.string(), v.length(16));
const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const stamp = v.object({ at: time, by: v.pipe(v.string(), v.maxLength(64)) });
const speaker = v.object({ epoch: v.pipe(name, v.maxLength(64)), name });
const many = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.maxLength(MOST_ITEMS));

const replica = v.object({
  instance: instanceSchema,
  marks: v.object({ said: stamp, born: stamp, renewed: stamp, broken: stamp, override: stamp }),
  age: time,
  registered: time,
  up: time,
});
const gone = v.object({ key, cancelled: v.exactOptional(stamp), evicted: v.exactOptional(stamp) });
const renewal = v.object({ key, renewed: stamp, age: time, digest });
const bucket = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(BUCKETS - 1));

export const batchSchema: Schema<Batch> = v.object({
  from: speaker,
  replicas: many(replica),
  gone: many(gone),
  renewals: many(renewal),
});

export const pushedSchema: Schema<Pushed> = v.object({
  from: speaker,
  wanted: many(key),
  replicas: many(replica),
  gone: many(gone),
});

export const sumsSchema: Schema<Sums> = v.object({
  from: speaker,
  ready: v.boolean(),
  buckets: v.pipe(v.array(digest), v.length(BUCKETS)),
});

export const wantedSchema: Schema<Wanted> = v.object({
  buckets: v.exactOptional(v.pipe(v.array(bucket), v.maxLength(BUCKETS))),
});

export const pageSchema: Schema<Page> = v.object({
  from: speaker,
  ready: v.boolean(),
  replicas: many(replica),
  gone: many(gone),
});
