/** What the programs of a chain of processes have in common: transports by name, and reports to the process that started them. */
import { type Payload, tcp, type Transport, websocket } from 'millrace/rsocket';
import { fromIterable, GateSink } from 'millrace';
import type { Observable } from 'rxjs';

/** What a program says: where it listens, that it has counted so many, or how it stands. */
export type Said =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'reached'; readonly count: number }
  | { readonly kind: 'standing'; readonly count: number; readonly rss: number }
  | { readonly kind: 'failed'; readonly message: string };

export const TEN_MILLION = 10_000_000;

export function transportOf(name: string | undefined, port: number): Transport {
  if (name === 'tcp') return tcp({ port });
  if (name === 'websocket') return websocket({ port });
  throw new Error(`no transport ${name}`);
}

export function say(said: Said): void {
  process.send?.(said);
}

/** Ends with the process that started this one, and answers its questions of how it stands. */
export function report(count: () => number): void {
  process.on('disconnect', () => process.exit());
  process.on('message', () => {
    globalThis.gc?.();
    say({ kind: 'standing', count: count(), rss: process.memoryUsage.rss() });
  });
}

export function fail(error: unknown): void {
  say({ kind: 'failed', message: String(error) });
}

/** Ten million items of so many bytes; `made` is told of each. */
export function make(bytes: number, made: () => void): Observable<Payload> {
  return fromIterable(function* () {
    for (let index = 0; index < TEN_MILLION; index++) {
      made();
      yield { data: new Uint8Array(bytes) };
    }
  });
}

/** Takes an item each time that so many milliseconds have passed: the work of a slow reader. */
export function readSlowly(source: Observable<Payload>, every: number, read: (item: Payload) => void): void {
  const sink = new GateSink<Payload>({
    next: read,
    error: fail,
    complete: () => fail(new Error('the items have ended')),
  });
  source.subscribe(sink);
  setInterval(() => sink.request(1), every);
}
