/** What the interop responder counts, over all its connections. */
import type { Setup } from 'millrace/rsocket';
import { text } from 'millrace/rsocket';

export interface Counts {
  /** Fire-and-forgets. */
  fnf: number;
  /** Answers whose caller left before their end. */
  cancels: number;
  /** METADATA_PUSH frames. */
  push: number;
  /** Streams and channels whose answer ended in order. */
  completes: number;
  /** Each REQUEST_N, the initial ones too. */
  requestN: number[];
  /** Items sent on streams and channels. */
  emitted: number;
  lastFnf: string;
  lastPush: string;
}

export interface Stats {
  readonly counts: Counts;
  connected(setup: Setup): void;
  reset(): void;
  json(): string;
}

export function newStats(): Stats {
  const counts = noCounts();
  let latest = '';
  return {
    counts,
    connected: (setup) => (latest = describeSetup(setup)),
    reset: () => void Object.assign(counts, noCounts()),
    json: () => JSON.stringify({ ...counts, setup: latest }),
  };
}

function noCounts(): Counts {
  return { fnf: 0, cancels: 0, push: 0, completes: 0, requestN: [], emitted: 0, lastFnf: '', lastPush: '' };
}

function describeSetup({ data, dataMimeType, metadataMimeType, keepAlive, lifetime, resume, lease }: Setup): string {
  const types = `dm=${dataMimeType};mm=${metadataMimeType}`;
  return `data=${text(data)};${types};ka=${keepAlive}/${lifetime};resume=${resume};lease=${lease}`;
}
