/** The codecs of a process, by the MIME type that messages name them with. */
import type { Encoded } from '../core/index.js';
import { bytes } from './bytes-codec.js';
import { json } from './json.js';

export * from './codec-limits.js';

/** Turns values into bytes and back. It keeps nothing between messages: any connection may use it for any of them. */
export interface Codec {
  /** What messages call it: `application/json`. */
  readonly mime: string;
  /** A text goes out as UTF-8, which the wire writes into its frame. Throws a Defect, `MILLRACE_CODEC`, for a value that has no form. */
  encode(value: unknown): string | Uint8Array;
  /** Throws Invalid, `MILLRACE_CODEC`, for bytes that are no message of this kind, or one past its limits. */
  decode(message: Encoded): unknown;
}

/** Codecs by MIME type. */
export interface Codecs {
  /** That of a message which names none: JSON. */
  readonly default: Codec;
  /** The default without a `mime`, whose parameters and case say nothing; undefined where there is none of that type. */
  of(mime: string | undefined): Codec | undefined;
  /** MIME types, as they are to be listed in an error. */
  readonly names: readonly string[];
}

/**
 * {@link json} and {@link bytes}, and `more`. One of `more` replaces what has its MIME type already, so
 * `codecs(json({ depth: 8 }))` sets limits.
 */
export function codecs(...more: readonly Codec[]): Codecs {
  const initial = json();
  const byMime = new Map([initial, bytes(), ...more].map((codec): [string, Codec] => [codec.mime, codec]));
  const usual = byMime.get(initial.mime) ?? initial;
  return {
    default: usual,
    of: (mime) => (mime === undefined ? usual : (byMime.get(mime) ?? byMime.get(essenceOf(mime)))),
    names: [...byMime.keys()],
  };
}

/** `application/json` of `Application/JSON; charset=utf-8` (RFC 9110, section 8.3.1). */
function essenceOf(mime: string): string {
  const [type = ''] = mime.split(';', 1);
  return type.trim().toLowerCase();
}
