/** A service of one handler for each model. */
import { type Call, meshError } from 'millrace';
import type { Payload, WireRequest, WireService } from 'millrace/rsocket';
import { isObservable, type Observable, of, throwError } from 'rxjs';

export interface Handlers {
  notify?(request: Payload, call: Call<WireRequest>): Observable<Payload>;
  response?(request: Payload, call: Call<WireRequest>): Observable<Payload>;
  stream?(request: Payload, call: Call<WireRequest>): Observable<Payload>;
  channel?(requests: Observable<Payload>, call: Call<WireRequest>): Observable<Payload>;
}

/** A response without a handler echoes; the other models without one are unknown. */
export function serving(handlers: Handlers = {}): WireService {
  return (call) => {
    const { interaction, request } = call;
    if (isObservable(request)) return handlers.channel?.(request, call) ?? unknown(interaction);
    if (interaction === 'response') return handlers.response?.(request, call) ?? of(request);
    if (interaction === 'notify') return handlers.notify?.(request, call) ?? unknown(interaction);
    return handlers.stream?.(request, call) ?? unknown(interaction);
  };
}

function unknown(interaction: string): Observable<Payload> {
  return throwError(() => meshError('Unknown', `no handler for a ${interaction}`));
}
