/** The messages of a registry as they are read: sizes and counts are bounded, for they come from anybody. */
import * as v from 'valibot';
import type { Schema } from '../contract/index.js';
import { type Instance, INSTANCE_STATUSES, type InstanceStatus } from './instance.js';

/**
 * What an instance says over its registration's channel. The first message names the instance; each later one renews its lease,
 * and changes what it names. A channel that completes takes the instance out; one that breaks makes it suspect.
 */
export interface Registration {
  readonly instance?: Instance;
}

/** What the registry answers: at once, and whenever something of it changes. */
export interface LeaseTerms {
  /** Milliseconds between renewals that the registry wants, and until the lease ends without one. */
  readonly renewal: number;
  readonly duration: number;
  /** What an operator says of the instance; UNKNOWN for nothing. */
  readonly override: InstanceStatus;
}

/** Which instances somebody wants to hear of; what is left out is no condition. An instance that meets all of them is told of. */
export interface Interest {
  readonly apps?: readonly string[];
  /** Any of these contracts. */
  readonly services?: readonly string[];
  readonly vips?: readonly string[];
  readonly regions?: readonly string[];
  /** The changes that were heard last, to go on from there after a lost connection. */
  readonly since?: { readonly epoch: string; readonly version: number };
}

/** An instance as the registry sees it. */
export interface Sighting {
  readonly instance: Instance;
  /** Its channel broke, or its renewals stay away: it gets no calls, and is not forgotten yet. */
  readonly suspect: boolean;
}

/**
 * What has changed between two versions, merged. `from` 0 means everything: who applies it forgets what it knew. Who doesn't know
 * version `from` of the same epoch, or finds another hash afterwards, asks again without `since`.
 */
export interface Changes {
  /** One run of one registry; its versions mean nothing in another. */
  readonly epoch: string;
  readonly from: number;
  readonly version: number;
  /** Of all that meets the interest at `version`, as `hashOf` makes it. */
  readonly hash: string;
  readonly put: readonly Sighting[];
  /** Keys of instances that are gone, or meet the interest no more. */
  readonly gone: readonly string[];
  /** Another part of the same changes follows; `hash` holds after the last. */
  readonly more?: boolean;
}

const text = v.pipe(v.string(), v.maxLength(256));
const name = v.pipe(text, v.minLength(1));
const list = v.pipe(v.array(text), v.maxLength(256));
const time = v.pipe(v.number(), v.integer(), v.minValue(0));
/** A lease of no time would end at once, one of days never. */
const span = v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(86_400_000));
const status = v.picklist(INSTANCE_STATUSES);
const port = v.object({
  number: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  enabled: v.boolean(),
});
const few = <T extends v.GenericSchema>(value: T) =>
  v.pipe(
    v.record(text, value),
    v.check((record) => Object.keys(record).length <= 256, 'more than 256 entries'),
  );

/** One running copy of an application, as anybody may send it. */
export const instanceSchema = v.object({
  app: v.pipe(name, v.toUpperCase()),
  id: name,
  host: text,
  ip: text,
  port,
  securePort: port,
  vip: v.pipe(v.string(), v.maxLength(2048)),
  svip: v.pipe(v.string(), v.maxLength(2048)),
  status,
  override: status,
  zone: text,
  region: text,
  addresses: list,
  services: list,
  weight: v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)),
  metadata: few(v.pipe(v.string(), v.maxLength(4096))),
  lease: v.object({ renewal: span, duration: span }),
  dirty: time,
  extras: few(v.unknown()),
});

const sighting = v.object({ instance: instanceSchema, suspect: v.boolean() });

export const registrationSchema: Schema<Registration> = v.object({ instance: v.exactOptional(instanceSchema) });

export const leaseTermsSchema: Schema<LeaseTerms> = v.object({ renewal: span, duration: span, override: status });

export const interestSchema: Schema<Interest> = v.object({
  apps: v.exactOptional(list),
  services: v.exactOptional(list),
  vips: v.exactOptional(list),
  regions: v.exactOptional(list),
  since: v.exactOptional(v.object({ epoch: text, version: time })),
});

export const changesSchema: Schema<Changes> = v.object({
  epoch: text,
  from: time,
  version: time,
  hash: text,
  put: v.array(sighting),
  gone: v.array(v.pipe(v.string(), v.maxLength(513))),
  more: v.exactOptional(v.boolean()),
});
