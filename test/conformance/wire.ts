/** The ways on which the conformance suite is run: each transport, with items whole and in fragments, and with connections that can be resumed, and with leases. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, memory, spiffe, tcp, tls, type Transport, unix, websocket } from 'millrace/rsocket';
import { defer, shareReplay } from 'rxjs';
import { authority } from '../tls/authority.js';
import { stockPlaces } from './stock-places.js';

export interface Wire {
  readonly name: string;
  /** Frames are no longer than this; undefined for items that are split only when they must be. */
  readonly fragment: number | undefined;
  /** Connections are resumable. */
  readonly resume: boolean;
  /** Requests need leases, of which there are plenty. */
  readonly lease: boolean;
  /** A fresh place to listen at, and how to dial what listens there. */
  place(): { readonly listen: Transport; dial(address: Address): Transport };
}

type Place = Wire['place'];

let sockets = 0;

/** Of both sides of a connection by TLS. */
const secure = {
  credentials: defer(async () => (await authority()).issue({ uris: ['spiffe://millrace.test/conformance'] })).pipe(
    shareReplay(1),
  ),
  peer: spiffe({ trustDomain: 'millrace.test' }),
};

const places: Readonly<Record<string, Place>> = {
  TCP: () => ({ listen: tcp({ port: 0 }), dial: ({ port }) => tcp({ port }) }),
  'a Unix socket'() {
    const path = join(tmpdir(), `millrace-${process.pid}-${(sockets += 1)}.sock`);
    return { listen: unix({ path }), dial: () => unix({ path }) };
  },
  TLS: () => ({ listen: tls({ port: 0, ...secure }), dial: ({ port }) => tls({ port, ...secure }) }),
  WebSocket: () => ({ listen: websocket({ port: 0 }), dial: ({ port }) => websocket({ port }) }),
  'WebSocket over TLS': () => ({
    listen: websocket({ port: 0, tls: secure }),
    dial: ({ port }) => websocket({ port, tls: secure }),
  }),
  memory() {
    const transport = memory();
    return { listen: transport, dial: () => transport };
  },
  ...stockPlaces,
};

export const wires: readonly Wire[] = Object.entries(places).flatMap(([name, place]) => [
  { name, fragment: undefined, resume: false, lease: false, place },
  { name: `${name} in fragments of 64 bytes`, fragment: 64, resume: false, lease: false, place },
  { name: `${name}, resumable`, fragment: undefined, resume: true, lease: false, place },
  { name: `${name}, leased`, fragment: undefined, resume: false, lease: true, place },
]);
