/** A Millrace server in a process of its own that says, when asked, how much memory it holds. Its client's SETUP data names the service. */

import { fromIterable } from 'millrace';
import { listen, payload, tcp, text, websocket, type WireService } from 'millrace/rsocket';
import { concatMap, isObservable, NEVER, of } from 'rxjs';

export interface Held {
  /** Bytes of JavaScript objects and of buffers, after a collection. */
  readonly held: number;
  readonly rss: number;
  /** The largest resident set so far. */
  readonly peak: number;
}

export interface Ready {
  readonly tcp: number;
  readonly websocket: number;
}

const large = payload(new Uint8Array(64 * 1024));
const item = payload(new Uint8Array(1024));

/** What a hostile client may find behind the wire. */
const services: Readonly<Record<string, WireService>> = {
  echo: ({ request }) => (isObservable(request) ? request : of(request)),
  hang: () => NEVER,
  large: () => of(large),
  endless: () =>
    fromIterable(function* () {
      for (;;) yield item;
    }),
  stuck: ({ request }) => (isObservable(request) ? request.pipe(concatMap(() => NEVER)) : NEVER),
};

const options = { accept: ({ data }: { readonly data: Uint8Array }) => services[text(data)] };
const nothing: WireService = () => NEVER;
const overTcp = await listen(tcp({ port: 0 }), nothing, options);
const overWebsocket = await listen(websocket({ port: 0 }), nothing, options);

process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({ held: heapUsed + external, rss, peak: process.resourceUsage().maxRSS * 1024 } satisfies Held);
});
process.send?.({ tcp: overTcp.address.port, websocket: overWebsocket.address.port } satisfies Ready);
