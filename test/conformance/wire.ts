/** The ways on which the conformance suite is run: each transport, with items whole and in fragments, and with connections that can be resumed, and with leases. */
import { type Address, memory, tcp, type Transport, websocket } from 'millrace/rsocket';

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

const places: Readonly<Record<string, Place>> = {
  TCP: () => ({ listen: tcp({ port: 0 }), dial: ({ port }) => tcp({ port }) }),
  WebSocket: () => ({ listen: websocket({ port: 0 }), dial: ({ port }) => websocket({ port }) }),
  memory() {
    const transport = memory();
    return { listen: transport, dial: () => transport };
  },
};

export const wires: readonly Wire[] = Object.entries(places).flatMap(([name, place]) => [
  { name, fragment: undefined, resume: false, lease: false, place },
  { name: `${name} in fragments of 64 bytes`, fragment: 64, resume: false, lease: false, place },
  { name: `${name}, resumable`, fragment: undefined, resume: true, lease: false, place },
  { name: `${name}, leased`, fragment: undefined, resume: false, lease: true, place },
]);
