/** Where services are: what says so, and the simplest that does, a list. */
import { type Observable, of } from 'rxjs';
import type { Wire, WireTerms } from '../contract/index.js';
import { type Encoded, type Endpoint, type MeshError, meshError, type Param } from '../core/index.js';
import { type Instance, instanceOf } from './instance.js';
import type { PeerListener } from './news.js';

/** Where the services of a mesh are found. */
export interface Discovery {
  /** For messages, `addresses`. */
  readonly name: string;
  /** Wires that it names itself, beside those of the application. */
  readonly wires: readonly Wire[];
  /** What can be set about it. */
  readonly params?: readonly Param<unknown>[];
  /** The instances at this moment, and whenever they change; for as long as somebody listens. */
  instances(terms: DiscoveryTerms): Observable<readonly Instance[]>;
  /** Keeps the application known there, as it is and as it changes, for as long as somebody listens. Completes when it has been taken out. */
  register?(self: Observable<Instance>, terms: DiscoveryTerms): Observable<never>;
}

/** What an application says to its discoveries. */
export interface DiscoveryTerms extends WireTerms {
  readonly wires: readonly Wire[];
  /** Names of the contracts that the application calls: at once, and whenever there is a new one. */
  readonly wanted: Observable<ReadonlySet<string>>;
  /** The application's connection to an address, which all share who ask; closed with the application. Throws Invalid where no wire reaches it. */
  endpoint(address: string): Endpoint<Encoded | Observable<Encoded>, Encoded>;
  readonly tell?: PeerListener;
}

/** A wire to dial, or an address that one of the application's wires understands, `tcp://127.0.0.1:7001`. */
export type PeerPlace = Wire | string;

/**
 * A list of peers, each an address or a wire. Which contracts a peer serves it says itself; one that isn't Millrace is
 * taken to serve what it is asked for.
 * @example mesh(Home).over(tcp({ port: 7001 })).in(addresses('tcp://127.0.0.1:7002', 'tcp://127.0.0.1:7003'))
 */
export function addresses(...places: readonly PeerPlace[]): Discovery {
  const wires = places.filter((place) => typeof place !== 'string');
  const instances = places.map((place) => instanceAt(typeof place === 'string' ? place : place.name));
  return { name: 'addresses', wires, instances: () => of(instances) };
}

/** An instance of which nothing is known but its address, for a discovery of one's own: it says itself what it serves. */
export function instanceAt(address: string): Instance {
  return instanceOf({ app: '', id: address, addresses: [address] });
}

/** The wire of an address. Throws Invalid where no wire understands it. */
export function wireAt(address: string, wires: readonly Wire[]): Wire {
  for (const wire of wires) {
    const found = wire.name === address ? wire : wire.at(address);
    if (found !== undefined) return found;
  }
  const [, scheme] = ADDRESS.exec(address) ?? [];
  if (scheme === undefined) throw wrong(`'${address}' is not an address such as 'tcp://127.0.0.1:7001'`);
  const known =
    wires.length === 0 ? 'the application has no wires' : `it is over ${wires.map(({ name }) => name).join(', ')}`;
  throw wrong(`no wire reaches '${address}' (${known}); give .over(…) one for ${scheme}`);
}

const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\/[^/]+:\d+(?:\/|$)/;

function wrong(message: string): MeshError {
  return meshError('Invalid', message, { code: 'MILLRACE_ADDRESS' });
}
