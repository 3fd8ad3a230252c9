/** What an engine is made with, and what it does with requests that come. */
import type { Clock } from '../../framework/kernel.js';
import type { Limits } from './limits.js';
import type { Link } from './link.js';
import type { Payload } from './payload.js';
import type { StreamState } from './stream.js';

/** A request of the peer's, whole. */
export interface Request {
  readonly type: number;
  readonly id: number;
  /** The initial REQUEST_N; 0 where the type has none. */
  readonly n: number;
  readonly item: Payload;
  /** A channel's requester has nothing more to say. */
  readonly complete: boolean;
}

export interface EngineOptions {
  readonly role: 'client' | 'server';
  readonly link: Link;
  readonly limits: Limits;
  readonly clock: Clock;
  /** Frames that are sent are no longer than this. */
  readonly fragment: number;
}

/** What the parts around the engine do with what it reads. */
export interface EngineHandler {
  /** A frame before the connection is established. */
  early(bytes: Uint8Array, start: number, end: number): void;
  request(request: Request): void;
  /** A request of which the first fragment has come. */
  assemble(request: Request): StreamState;
}
