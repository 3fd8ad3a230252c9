/** Where services are, said once: a static list. */
import type { Observable } from 'rxjs';
import { BehaviorSubject } from 'rxjs';
import type { Wire } from '../contract/index.js';
import { type MeshError, meshError } from '../core/index.js';

/** Where the services of a mesh are found. */
export interface Discovery {
  /** For messages, `addresses`. */
  readonly name: string;
  /** Wires that it names itself, beside those of the application. */
  readonly wires: readonly Wire[];
  /** The places at this moment, and whenever they change. */
  readonly places: Observable<readonly PeerPlace[]>;
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
  return { name: 'addresses', wires, places: new BehaviorSubject(places) };
}

/** The wire of a place. Throws Invalid where no wire understands an address. */
export function wireAt(place: PeerPlace, wires: readonly Wire[]): Wire {
  if (typeof place !== 'string') return place;
  for (const wire of wires) {
    const found = wire.at(place);
    if (found !== undefined) return found;
  }
  const [, scheme] = ADDRESS.exec(place) ?? [];
  if (scheme === undefined) throw wrong(`'${place}' is not an address such as 'tcp://127.0.0.1:7001'`);
  const known =
    wires.length === 0 ? 'the application has no wires' : `it is over ${wires.map(({ name }) => name).join(', ')}`;
  throw wrong(`no wire reaches '${place}' (${known}); give .over(…) one for ${scheme}`);
}

const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\/[^/]+:\d+(?:\/|$)/;

function wrong(message: string): MeshError {
  return meshError('Invalid', message, { code: 'MILLRACE_ADDRESS' });
}
