// The peers by name, each loaded without the code of the others.

import type { MeshPeerName, Peer, PeerName } from './peer.js';

const loads: { readonly [name in PeerName]: () => Promise<Peer> } = {
  'raw-tcp-batched': async () => (await import('./peers/raw-tcp.js')).rawTcp('batched'),
  'raw-tcp': async () => (await import('./peers/raw-tcp.js')).rawTcp('frame by frame'),
  'rsocket-js-tcp': async () => (await import('./peers/rsocket-js.js')).rsocketJs('tcp'),
  'rsocket-js-ws': async () => (await import('./peers/rsocket-js.js')).rsocketJs('websocket'),
  'millrace-wire': async () => (await import('./peers/millrace.js')).millrace('tcp'),
  'millrace-wire-ws': async () => (await import('./peers/millrace.js')).millrace('websocket'),
  contract: async () => (await import('./peers/mesh.js')).contractPeer,
  application: () => application('application'),
  'with-limit': () => application('with-limit'),
  'with-breaker': () => application('with-breaker'),
  'with-retry': () => application('with-retry'),
  'with-metrics': () => application('with-metrics'),
  'default-stacks': () => application('default-stacks'),
};

async function application(name: Exclude<MeshPeerName, 'contract'>): Promise<Peer> {
  return (await import('./peers/mesh.js')).applicationPeer(name);
}

/** Loads one peer and none of the others' code. */
export function loadPeer(name: PeerName): Promise<Peer> {
  return loads[name]();
}
