/** Composite metadata and the extensions it carries: routing, authentication, per-stream MIME types, Zipkin tracing. */
import { meshError, type MeshError, type TraceContext } from '../../framework/kernel.js';
import { bytesOf, concat, readUint16, readUint24, text, writeUint16, writeUint24 } from './bytes.js';
import { idOfMime, mimeOfId } from './mime.js';
import { MAX_FRAME } from './protocol.js';

/** An entry: its MIME type and its bytes. */
export type MetadataEntry = readonly [type: string, content: Uint8Array];

/** Encodes entries in their order (Extensions/CompositeMetadata.md). Throws Invalid for a type that does not fit. */
export function compositeMetadata(entries: readonly MetadataEntry[]): Uint8Array {
  return concat(
    entries.flatMap(([type, content]) => {
      if (content.length > MAX_FRAME)
        throw malformed(`the entry ${type} has ${content.length} bytes, 16,777,215 at most`);
      const length = new Uint8Array(3);
      writeUint24(length, 0, content.length);
      return [mimeHeader(type), length, content];
    }),
  );
}

/** The entries in their order. Contents are views. Throws Invalid for what is malformed. */
export function decodeComposite(bytes: Uint8Array): MetadataEntry[] {
  const entries: MetadataEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [type, next] = readMime(bytes, at);
    if (next + 3 > bytes.length) throw malformed('an entry is cut short');
    const end = next + 3 + readUint24(bytes, next);
    if (end > bytes.length) throw malformed(`the entry ${type} is longer than the metadata`);
    entries.push([type, bytes.subarray(next + 3, end)]);
    at = end;
  }
  return entries;
}

/** The content of the first entry of `type`; undefined where there is none or the metadata is malformed. */
export function entryOf(metadata: Uint8Array | undefined, type: string): Uint8Array | undefined {
  if (metadata === undefined) return undefined;
  try {
    return decodeComposite(metadata).find(([each]) => each === type)?.[1];
  } catch {
    return undefined;
  }
}

export const COMPOSITE = 'message/x.rsocket.composite-metadata.v0';
export const ROUTING = 'message/x.rsocket.routing.v0';
export const AUTHENTICATION = 'message/x.rsocket.authentication.v0';
export const TRACING = 'message/x.rsocket.tracing-zipkin.v0';
export const MIME_TYPE = 'message/x.rsocket.mime-type.v0';
export const ACCEPT_MIME_TYPES = 'message/x.rsocket.accept-mime-types.v0';

/** The content of a routing entry (Extensions/Routing.md): tags of at most 255 bytes each. */
export function routingTags(...tags: readonly string[]): Uint8Array {
  return concat(tags.flatMap((tag) => short(tag, 255, 'a routing tag')));
}

/** Metadata of one routing entry. */
export function routing(...tags: readonly string[]): Uint8Array {
  return compositeMetadata([[ROUTING, routingTags(...tags)]]);
}

/** The tags of a routing entry's content. Throws Invalid for what is malformed. */
export function tagsOf(content: Uint8Array): string[] {
  const tags: string[] = [];
  for (let at = 0; at < content.length;) {
    const end = at + 1 + (content[at] as number);
    if (end > content.length) throw malformed('a routing tag is cut short');
    tags.push(text(content.subarray(at + 1, end)));
    at = end;
  }
  return tags;
}

/** The first tag of the routing entry, which is the route; undefined where there is none. */
export function routeOf(metadata: Uint8Array | undefined): string | undefined {
  const content = entryOf(metadata, ROUTING);
  if (content === undefined || content.length === 0 || 1 + (content[0] as number) > content.length) return undefined;
  return text(content.subarray(1, 1 + (content[0] as number)));
}

/** Who a caller says it is (Extensions/Security): a name and password, a bearer token, or a type of one's own. */
export type Credentials =
  | { readonly type: 'simple'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'other'; readonly name: string; readonly content: Uint8Array };

const SIMPLE = 0x00;
const BEARER = 0x01;

/** The content of an authentication entry. */
export function authentication(credentials: Credentials): Uint8Array {
  if (credentials.type === 'bearer') return concat([Uint8Array.of(0x80 | BEARER), bytesOf(credentials.token)]);
  if (credentials.type === 'other')
    return concat([...short(credentials.name, 128, 'an authentication type'), credentials.content]);
  const username = bytesOf(credentials.username);
  if (username.length > 0xffff) throw malformed('a user name has 65,535 bytes at most');
  const length = new Uint8Array(2);
  writeUint16(length, 0, username.length);
  return concat([Uint8Array.of(0x80 | SIMPLE), length, username, bytesOf(credentials.password)]);
}

/** The credentials of an authentication entry's content. Throws Invalid for what is malformed. */
export function credentialsOf(content: Uint8Array): Credentials {
  const first = content[0];
  if (first === undefined) throw malformed('an authentication entry is empty');
  if (first === (0x80 | BEARER)) return { type: 'bearer', token: text(content.subarray(1)) };
  if (first === (0x80 | SIMPLE)) {
    const end = content.length < 3 ? Infinity : 3 + readUint16(content, 1);
    if (end > content.length) throw malformed('a user name is cut short');
    return { type: 'simple', username: text(content.subarray(3, end)), password: text(content.subarray(end)) };
  }
  if (first >= 0x80) throw malformed(`authentication type ${first & 0x7f} is not known`);
  const end = 2 + first;
  if (end > content.length) throw malformed('an authentication type is cut short');
  return { type: 'other', name: text(content.subarray(1, end)), content: content.subarray(end) };
}

/** The content of a MIME_TYPE entry (one type) or of an ACCEPT_MIME_TYPES entry (any number, the best first). */
export function mimeTypes(...types: readonly string[]): Uint8Array {
  return concat(types.map(mimeHeader));
}

/** The types of a MIME_TYPE or ACCEPT_MIME_TYPES entry's content. Throws Invalid for what is malformed. */
export function mimeTypesOf(content: Uint8Array): string[] {
  const types: string[] = [];
  for (let at = 0; at < content.length;) {
    const [type, next] = readMime(content, at);
    types.push(type);
    at = next;
  }
  return types;
}

/** What a tracing entry says beside the ids (Extensions/Tracing-Zipkin.md). */
export interface ZipkinTrace extends TraceContext {
  readonly debug?: boolean;
  /** 16 hexadecimal digits. */
  readonly parentSpanId?: string;
}

/** The content of a tracing entry. Throws Invalid for ids that are none. */
export function tracing(trace: ZipkinTrace): Uint8Array {
  const { traceId, spanId, parentSpanId } = trace;
  if (traceId.length !== 16 && traceId.length !== 32)
    throw malformed(`trace id '${traceId}' has neither 16 nor 32 digits`);
  for (const id of parentSpanId === undefined ? [spanId] : [spanId, parentSpanId]) {
    if (id.length !== 16) throw malformed(`span id '${id}' does not have 16 digits`);
  }
  const flags =
    0x80 |
    (trace.debug === true ? 0x40 : sampling(trace)) |
    (trace.traceId.length === 32 ? 0x08 : 0) |
    (parentSpanId === undefined ? 0 : 0x04);
  return concat([Uint8Array.of(flags), hex(traceId), hex(spanId), hex(parentSpanId ?? '')]);
}

/** The flag that says whether a trace is recorded, if that is decided. */
export function sampling({ sampled }: TraceContext): number {
  return sampled === undefined ? 0 : sampled ? 0x20 : 0x10;
}

/** The trace of a tracing entry's content; undefined where it carries no ids. Throws Invalid for what is malformed. */
export function traceOf(content: Uint8Array): ZipkinTrace | undefined {
  const flags = content[0];
  if (flags === undefined) throw malformed('a tracing entry is empty');
  if ((flags & 0x80) === 0) return undefined;
  const wide = (flags & 0x08) !== 0 ? 16 : 8;
  const parent = (flags & 0x04) !== 0 ? 8 : 0;
  if (content.length < 1 + wide + 8 + parent) throw malformed('a tracing entry is cut short');
  const digits = (from: number, length: number): string => {
    let made = '';
    for (let at = from; at < from + length; at++) made += HEX[content[at] as number] as string;
    return made;
  };
  return {
    traceId: digits(1, wide).padStart(32, '0'),
    spanId: digits(1 + wide, 8),
    ...((flags & 0x70) === 0 ? {} : { sampled: (flags & 0x60) !== 0 }),
    ...((flags & 0x40) === 0 ? {} : { debug: true }),
    ...(parent === 0 ? {} : { parentSpanId: digits(1 + wide + 8, 8) }),
  };
}

function hex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  writeHex(bytes, 0, digits);
  return bytes;
}

/** Writes what lower-case hexadecimal digits say; returns where it ends. Throws Invalid for other characters. */
export function writeHex(bytes: Uint8Array, at: number, digits: string): number {
  const length = digits.length >> 1;
  for (let i = 0; i < length; i++) bytes[at + i] = (nibble(digits, i * 2) << 4) | nibble(digits, i * 2 + 1);
  return at + length;
}

function nibble(digits: string, at: number): number {
  const code = digits.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  throw malformed(`'${digits}' is not an id in lower-case hexadecimal`);
}

/** Each byte in hexadecimal. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function mimeHeader(type: string): Uint8Array {
  const known = idOfMime(type);
  return known === undefined ? concat(short(type, 128, 'a MIME type')) : Uint8Array.of(0x80 | known);
}

/** The type at `at` and where it ends. A type of text has its length less one before it. */
function readMime(bytes: Uint8Array, at: number): readonly [string, number] {
  const first = bytes[at] as number;
  if (first >= 0x80) return [mimeOfId(first & 0x7f), at + 1];
  const end = at + 2 + first;
  if (end > bytes.length) throw malformed('a MIME type is cut short');
  return [text(bytes.subarray(at + 1, end)), end];
}

/** A text behind its length in one byte; where 128 bytes are allowed, the length less one, as every implementation has it. */
function short(value: string, most: number, what: string): Uint8Array[] {
  const bytes = bytesOf(value);
  if (most === 128 && !/^[\x20-\x7e]*$/.test(value))
    throw malformed(`${what} is of ASCII characters, '${value}' is not`);
  if (bytes.length > most || bytes.length === 0)
    throw malformed(`${what} has 1 to ${most} bytes, '${value}' has ${bytes.length}`);
  return [Uint8Array.of(most === 128 ? bytes.length - 1 : bytes.length), bytes];
}

function malformed(message: string): MeshError {
  return meshError('Invalid', `metadata: ${message}`, { code: 'MILLRACE_METADATA' });
}
