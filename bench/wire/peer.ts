// What a peer of the comparison must be able to do, and the names of those there are.

import type { Message, Work } from './message.js';

export interface Peer {
  listen(work: Work, fail: Fail): Promise<Listening>;
  connect(port: number, fail: Fail): Promise<Client>;
}

export interface Listening {
  readonly port: number;
}

/** One connection, used by callbacks so that no peer pays for another's idea of a result. */
export interface Client {
  call(request: Message, reply: (message: Message) => void): void;
  notify(message: Message): void;
  stream(items: number, item: (message: Message) => void, end: () => void): void;
  channel(items: number, make: (index: number) => Message, item: (message: Message) => void, end: () => void): void;
}

/** Ends the process's part in the comparison: no peer may fail and still be timed. */
export type Fail = (error: unknown) => void;

export type PeerName = (typeof peerNames)[number] | (typeof meshPeerNames)[number];

export const peerNames = [
  'raw-tcp-batched',
  'raw-tcp',
  'rsocket-js-tcp',
  'rsocket-js-ws',
  'millrace-wire',
  'millrace-wire-ws',
] as const;

/** Of `bench mesh`: what stands above the wire. */
export const meshPeerNames = [
  'contract',
  'application',
  'with-limit',
  'with-breaker',
  'with-retry',
  'with-metrics',
  'default-stacks',
] as const;

export type MeshPeerName = (typeof meshPeerNames)[number];

/** Items that a stream's consumer lets be under way, in every peer that has a setting for it. */
export const streamWindow = 4096;

export function isPeerName(name: string): name is PeerName {
  return [...peerNames, ...meshPeerNames].some((known) => known === name);
}
