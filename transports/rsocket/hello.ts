/**
 * How two Millrace peers recognise each other: an entry in SETUP's metadata, answered by a METADATA_PUSH before any answer.
 * Others ignore the first and never get the second. It says what the peer can do beyond RSocket 1.0.
 */
import { bytesOf, text } from './bytes.js';
import { COMPOSITE, compositeMetadata, entryOf } from './composite.js';

const HELLO = 'message/x.millrace.hello.v0';

/** What a Millrace peer says of itself. */
export interface Hello {
  /** Bytes of one stream that it lets be on their way or waiting; the sender stops at a quarter of it until it hears REQUEST_N,
   * which comes when a quarter was taken: so no more than half, and a few items, is under way. */
  readonly windowBytes: number;
  /** It keeps to leases that come though nobody agreed on them in SETUP, or sends such. */
  readonly leases: boolean;
}

export function encodeHello(hello: Hello): Uint8Array {
  return compositeMetadata([[HELLO, bytesOf(JSON.stringify(hello))]]);
}

/** What the metadata says, if it says so; read defensively. */
export function helloOf(metadata: Uint8Array | undefined, mimeType: string): Hello | undefined {
  if (mimeType !== COMPOSITE || metadata === undefined) return undefined;
  const content = entryOf(metadata, HELLO);
  if (content === undefined || content.length > 1024) return undefined;
  try {
    const said = JSON.parse(text(content)) as { windowBytes?: unknown; leases?: unknown } | null;
    const bytes = said?.windowBytes;
    if (typeof bytes !== 'number' || bytes < 1024 || bytes > 2 ** 40) return undefined;
    return { windowBytes: bytes, leases: said?.leases === true };
  } catch {
    return undefined;
  }
}
