// The peers by name, each loaded without the code of the others.

import type { Peer, PeerName } from './peer.js';

const loads: { readonly [name in PeerName]: () => Promise<Peer> } = {
  'raw-tcp-batched': async () => (await import('./peers/raw-tcp.js')).rawTcp('batched'),
  'raw-tcp': async () => (await import('./peers/raw-tcp.js')).rawTcp('frame by frame'),
  'rsocket-js-tcp': async () => (await import('./peers/rsocket-js.js')).rsocketJs('tcp'),
  'rsocket-js-ws': async () => (await import('./peers/rsocket-js.js')).rsocketJs('websocket'),
  'millrace-wire': async () => (await import('./peers/millrace.js')).millrace('tcp'),
  'millrace-wire-ws': async () => (await import('./peers/millrace.js')).millrace('websocket'),
};

/** Loads one peer and none of the others' code. */
export function loadPeer(name: PeerName): Promise<Peer> {
  return loads[name]();
}
