/** A transport as a wire of an application: its configuration, its addresses, and the calls of the mesh over it. */
import {
  asAmbient,
  duration,
  flag,
  param,
  type Param,
  type Wire,
  type WireCalls,
  type WireTerms,
} from '../../framework/kernel.js';
import { type CommonOptions, rsocket } from './connect.js';
import { LIMITS, type Limits } from './limits.js';
import type { Address, Transport } from './link.js';
import { listen } from './listen.js';

export const KEEP_ALIVE = param(
  'rsocket.keep-alive',
  20_000,
  duration,
  'Milliseconds between the KEEPALIVE frames of a connection that this side opens.',
);

export const LIFETIME = param(
  'rsocket.keep-alive-lifetime',
  90_000,
  duration,
  'Milliseconds without a sign of life after which a connection that this side opened is given up.',
);

export const RESUME = param(
  'rsocket.resume',
  false,
  flag,
  'Whether connections that are lost go on where they were: as a client it asks for that, as a server it grants it.',
);

const PARAMS: readonly Param<unknown>[] = [KEEP_ALIVE, LIFETIME, RESUME, ...Object.values(LIMITS)];

/** What may be said of one wire in code, and holds before what is configured. */
export type WireOptions = Pick<CommonOptions, 'limits' | 'fragment'>;

/** How a kind of transport writes its places. */
export interface Places {
  /** Whether there is a place to listen at. */
  readonly listens: boolean;
  /** How callers write the place that was bound. */
  address(bound: Address): string;
  /** The transport of another place; undefined for an address of another kind. */
  at(address: string): (Transport & Wire) | undefined;
}

/** A transport that can be given to `mesh(…).over(…)` as well as to `listen` and `connect`. */
export function asWire(transport: Transport, places: Places, options: WireOptions = {}): Transport & Wire {
  const serve = async (service: WireCalls, terms: WireTerms) => {
    const server = await listen(transport, service, {
      ...commonOf(options, terms),
      grace: terms.grace,
      resume: terms.get(RESUME),
      streamGrace: terms.streamGrace,
      leases: terms.leases,
    });
    return { address: places.address(server.address), close: () => server.close() };
  };
  return {
    ...transport,
    params: PARAMS,
    ...(places.listens ? { serve } : {}),
    endpoint: (terms) =>
      rsocket({
        ...commonOf(options, terms),
        keepAlive: terms.get(KEEP_ALIVE),
        lifetime: terms.get(LIFETIME),
        resume: terms.get(RESUME),
      })({ ...transport, dial: (stop) => asAmbient(undefined, () => transport.dial(stop)) }),
    at: (address) => places.at(address),
  };
}

/** Any transport as a wire, for one's own: `at` makes one of an address. */
export function wireOf(transport: Transport, options: WireOptions = {}): Transport & Wire {
  return asWire(
    transport,
    {
      listens: true,
      address: () => transport.name,
      at: (address) => (address === transport.name ? wireOf(transport, options) : undefined),
    },
    options,
  );
}

function commonOf(options: WireOptions, terms: WireTerms): CommonOptions {
  const configured = Object.entries(LIMITS).map(([name, row]) => [name, terms.get(row)] as const);
  return {
    ...options,
    limits: { ...(Object.fromEntries(configured) as Limits), ...options.limits },
    clock: terms.clock,
  };
}
