/** RSocket 1.0: our own frames and engine over TCP, WebSocket and memory. */
export { bytesOf } from './bytes.js';
export * from './composite.js';
export { connect, type CommonOptions, type ConnectOptions, rsocket } from './connect.js';
export type { Connection, StreamOptions } from './connection.js';
export type { Accept } from './handshake.js';
export { fixedLeases, type Lease, type LeaseSource } from './lease.js';
export { LIMITS, type Limits, limitsOf } from './limits.js';
export type { Address, Bound, Bounds, Link, LinkEvents, Remote, Transport } from './link.js';
export { listen, type ListenOptions, type Server } from './listen.js';
export { memory } from './memory.js';
export { type Payload, payload, sizeOf, text } from './payload.js';
export { ErrorCode, Flag, FrameType } from './protocol.js';
export type { Setup } from './setup.js';
export {
  credentialFiles,
  type CredentialFiles,
  type CredentialFilesOptions,
  type TlsCredentials,
  type CredentialSource,
} from './credentials.js';
export { spiffe, type SpiffeOptions } from './spiffe.js';
export { tcp, type TcpTarget } from './tcp.js';
export { tls, type TlsTarget } from './tls.js';
export type { IdentityOf, PeerCheck, TlsSettings } from './tls-options.js';
export { unix, type UnixTarget } from './unix.js';
export { websocket, type WebSocketTarget } from './websocket.js';
export type { WireRequest, WireService } from './wire-service.js';
export { KEEP_ALIVE, LIFETIME, wireOf, type WireOptions } from './wire.js';
