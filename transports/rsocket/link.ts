/** What a transport gives the engine: a pipe for runs of frames in both directions. */
import { isMeshError, type MeshError, meshError } from '../../framework/kernel.js';

/** What the engine tells a link to tell it. */
export interface LinkEvents {
  /** A piece of the byte stream, of any length, of a link whose frames have length prefixes. */
  bytes(chunk: Uint8Array): void;
  /** One whole frame, of a link that keeps frames apart. */
  frame(frame: Uint8Array): void;
  /** What was written has gone; writing may go on. */
  drain(): void;
  /** The pipe is gone; `error` says why if it was not in order. Called once. */
  closed(error?: Error): void;
  /** Whoever is at this side may have slept: whether the other still is there is to be found out now. */
  woken?(): void;
  /** Another pipe stands in the place of the one that was: what had come of an unfinished frame is worth nothing. */
  renewed?(): void;
  /** The connection goes on over the new pipe. */
  resumed?(): void;
}

/** What a link that outlives its pipe wants to know of its engine's frames. */
export interface LinkSession {
  /** A frame has come, from `start` up to `end`. True if it was the session's, and not the engine's. */
  observe(bytes: Uint8Array, start: number, end: number): boolean;
  /** A client's SETUP asks for a session of this token. Says why there can't be one. */
  keep(token: Uint8Array): string | undefined;
  /** Nothing has come for so many milliseconds, which is too long. True if the session goes on without the pipe. */
  silent(ms: number): boolean;
}

/** Who is at the other end, as far as the transport knows. */
export interface Remote {
  /** `127.0.0.1:51234`; behind a trusted proxy, what that says of its client. */
  readonly address?: string;
  /** Who its certificate says it is, as the check of it has found: `spiffe://example.org/films`. */
  readonly identity?: string | undefined;
  /** The certificate that it has shown, and that has been verified; DER. */
  readonly certificate?: Uint8Array | undefined;
}

/** One connection of a transport. */
export interface Link {
  /** For messages and logs, `tcp 127.0.0.1:7001`. */
  readonly name: string;
  readonly remote?: Remote | undefined;
  /** Why the server is not to talk to whoever this is; the peer is told, and the connection ends. */
  readonly refusal?: string | undefined;
  /** Begins to read. */
  start(events: LinkEvents): void;
  /**
   * Takes a run of whole frames, each behind its 24-bit length. False asks to wait for `drain`. The bytes belong to the link
   * until it calls `done`.
   */
  write(run: Uint8Array, done?: () => void): boolean;
  /** Bytes taken but not gone. */
  readonly unsent: number;
  /** Stops reading, so that the peer has to wait. What has been read already may still be told. */
  pause(): void;
  resume(): void;
  /** Closes once what was written has gone. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /** Of a link that outlives its pipe. */
  readonly session?: LinkSession;
}

/** The error of calls on a link that is gone. */
export function closedBy(name: string, cause: Error | undefined): MeshError {
  if (isMeshError(cause)) return cause;
  return meshError('Broken', `${name} was closed${cause === undefined ? '' : `: ${cause.message}`}`, { cause });
}

/** Where a server listens. */
export interface Bound {
  readonly address: Address;
  /** Stops accepting; connections that were accepted stay. */
  close(): Promise<void>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a server bears. */
export interface Bounds {
  /** Bytes of a frame. */
  readonly frame: number;
  /** Connections at once. A transport may take some more, so that they can be told. */
  readonly connections: number;
}

/** A place to dial or to listen at. */
export interface Transport {
  /** For messages, `tcp://127.0.0.1:7001`. */
  readonly name: string;
  /** Rejects with Unavailable. `stop` ends the attempt. */
  dial(stop?: AbortSignal): Promise<Link>;
  bind(accept: (link: Link) => void, bounds: Bounds): Promise<Bound>;
  /** A secret that nobody can guess, for a session; by default of the platform's cryptography, and so another in each run. */
  token?(): Uint8Array;
}
