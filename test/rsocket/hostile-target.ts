/** The server that hostile peers meet: it echoes, counts, hangs, and tells what its handlers saw. */

import { fromIterable } from 'millrace';
import { listen, payload, tcp, text, websocket, type Limits, type Payload, type WireService } from 'millrace/rsocket';
import { defer, EMPTY, finalize, isObservable, lastValueFrom, NEVER, of, type Observable } from 'rxjs';
import type { RawTransport } from './raw-peer.js';
import { createTally, type Tally } from './tally.js';

export interface HostileTarget {
  readonly port: number;
  /** `started` (a call that isn't an echo), `held` (a call that goes on), `ended` (one was let go of), `made` (an item of a stream). */
  readonly seen: Tally;
  close(): Promise<void>;
}

export async function listenForHostiles(
  transport: RawTransport,
  limits: { readonly [K in keyof Limits]?: number | string } = {},
): Promise<HostileTarget> {
  const seen = createTally();
  const place = transport === 'tcp' ? tcp({ port: 0 }) : websocket({ port: 0 });
  const server = await listen(place, hostileService(seen), { limits, grace: '100 ms' });
  return {
    port: server.address.port,
    seen,
    close: async () => {
      await lastValueFrom(server.close(), { defaultValue: undefined });
    },
  };
}

/** Responses: the data comes back, but for `hang`. Streams: numbers for ever, but for `hang`. Channels: messages come back. */
export function hostileService(seen: Tally): WireService {
  const until = (work: Observable<Payload>): Observable<Payload> =>
    defer(() => {
      seen.add('held');
      return work;
    }).pipe(finalize(() => seen.add('ended')));
  return ({ interaction, request }) => {
    if (isObservable(request)) return until(request);
    const data = text(request.data);
    if (!data.startsWith('echo')) seen.add('started');
    if (data === 'hang') return until(NEVER);
    if (interaction === 'notify') return EMPTY;
    return interaction === 'response' ? of(request) : until(numbers(seen));
  };
}

function numbers(seen: Tally): Observable<Payload> {
  return fromIterable(function* () {
    for (let index = 0; ; index++) {
      seen.add('made');
      yield payload(String(index));
    }
  });
}
