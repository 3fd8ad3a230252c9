/** All that reads bytes without a connection: each reader takes each frame, whatever it is. */
import { isDeepStrictEqual } from 'node:util';
import { isMeshError, json, type MeshError } from 'millrace';
import { msgpack } from 'millrace/msgpack';
import { credentialsOf, decodeComposite, mimeTypesOf, tagsOf, traceOf } from 'millrace/rsocket';
import { replyPlace, systemClock } from '../../framework/core/index.js';
import { COMPOSITE, compositeMetadata, ROUTING } from '../../transports/rsocket/composite.js';
import { Deframer } from '../../transports/rsocket/deframer.js';
import { readEnvelope } from '../../transports/rsocket/envelope.js';
import { Frame } from '../../transports/rsocket/frame.js';
import { helloOf } from '../../transports/rsocket/hello.js';
import { takeReply } from '../../transports/rsocket/reply-metadata.js';
import { parseResume } from '../../transports/rsocket/resume-frames.js';
import { parseSetup } from '../../transports/rsocket/setup.js';
import { fromWire } from '../../transports/rsocket/wire-error.js';
import { chunksOf } from './chunks.js';
import { fromClients, fromServers } from './conversations.js';
import { dice } from './dice.js';
import type { Input } from './input.js';
import { packed, texts } from './packed.js';
import { must, type Target } from './target.js';

const LONGEST = 4096;
const limits = { depth: 8, items: 16 };
const binary = msgpack(limits);
const textual = json(limits);
const clock = { ...systemClock, now: () => 0 };

export function codecTarget(): Target {
  const messages = [packed, ...texts.map((text) => new TextEncoder().encode(text))];
  return {
    name: 'codec',
    seeds: [...fromClients, ...fromServers, ...messages.map((frame, shape) => ({ frames: [frame], shape }))],
    batch: 1,
    play: async (inputs) => inputs.forEach(read),
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function read(input: Input): void {
  for (const frame of input.frames) readFrame(frame);
  readStream(input);
}

function readFrame(bytes: Uint8Array): void {
  const frame = new Frame();
  const fault = frame.read(bytes, 0, bytes.length);
  const whole = fault === undefined ? { metadata: frame.metadata, data: frame.data, item: frame.item } : undefined;
  alike(bytes, (from, start, end) => {
    const again = new Frame();
    const wrong = again.read(from, start, end);
    return wrong ?? [again.id, again.type, again.flags, again.n, again.metadata, again.data];
  });
  if (bytes.length >= 6) {
    alike(bytes, parseSetup);
    alike(bytes, parseResume);
  }
  for (const part of [whole?.metadata, whole?.data, bytes]) if (part !== undefined) readPart(part);
  if (whole?.metadata !== undefined)
    must(whole.metadata.length + whole.data.length <= bytes.length, () => 'parts are longer than their frame');
}

/** Longer than what a length of one byte says. */
const MARGIN = 300;
const surroundings = [0x00, 0xff].map((around) => new Uint8Array(64 * 1024).fill(around));

/** What a reader makes of a frame must not depend on what lies around it. */
function alike(bytes: Uint8Array, reader: (from: Uint8Array, start: number, end: number) => unknown): void {
  const made = surroundings.map((around) => {
    const from = around.subarray(0, bytes.length + MARGIN * 2);
    from.set(bytes, MARGIN);
    return typed(() => reader(from, MARGIN, MARGIN + bytes.length));
  });
  must(isDeepStrictEqual(made[0], made[1]), () => 'a reader read past the end of its frame');
  for (const [at, around] of surroundings.entries()) around.fill(at * 0xff, MARGIN, MARGIN + bytes.length);
}

function readPart(part: Uint8Array): void {
  for (const reader of [tagsOf, mimeTypesOf, credentialsOf, traceOf]) typed(() => reader(part));
  const entries = typed(() => decodeComposite(part));
  if (Array.isArray(entries)) {
    for (const [, content] of entries)
      for (const reader of [tagsOf, mimeTypesOf, traceOf, credentialsOf]) typed(() => reader(content));
    const again = typed(() => decodeComposite(compositeMetadata(entries)));
    must(
      !Array.isArray(again) || isDeepStrictEqual(plain(again), plain(entries)),
      () => 'composite metadata is another after it was written again',
    );
  }
  for (const type of [COMPOSITE, ROUTING]) {
    readEnvelope(part, type, clock);
    helloOf(part, type);
  }
  const reply = replyPlace();
  takeReply(part, reply);
  must(reply.metadata.size <= 256, () => `${reply.metadata.size} names were taken from a peer`);
  must(isMeshError(fromWire(0x201, part, true, 'a peer', reply)), () => 'an error of the wire is no MeshError');
  readMessage(part, binary);
  readMessage(part, textual);
}

interface AnyCodec {
  readonly mime: string;
  encode(value: unknown): Uint8Array | string;
  decode(message: { readonly data: Uint8Array }): unknown;
}

/** What is decoded keeps to the limits, and can be encoded and decoded again with the same result. */
function readMessage(data: Uint8Array, codec: AnyCodec): void {
  const value = typed(() => codec.decode({ data }));
  if (isMeshError(value) || value === undefined) return;
  const { depth, items } = sizeOf(value);
  must(
    depth <= limits.depth && items <= limits.items,
    () => `${codec.mime} of depth ${depth} and ${items} items was let through`,
  );
  const said = codec.encode(value);
  const again = codec.decode({ data: typeof said === 'string' ? new TextEncoder().encode(said) : said });
  must(
    isDeepStrictEqual(plain(again), plain(value)),
    () => `${codec.mime} is another value after it was written again`,
  );
}

/** -0 is 0 in both codecs, and bytes are bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function sizeOf(value: unknown): { readonly depth: number; readonly items: number } {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value))
    return { depth: 0, items: 0 };
  const inside = Object.values(value).map(sizeOf);
  return {
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
    items: inside.reduce((sum, { items }) => sum + items, inside.length),
  };
}

/** The result, or a MeshError that was thrown; whatever else is thrown is a fault. */
function typed<T>(work: () => T): T | MeshError {
  try {
    return work();
  } catch (error) {
    if (isMeshError(error) && error.tag === 'Invalid') return error;
    throw error;
  }
}

/** However a stream is cut, the same frames come out of it, and none is longer than the limit. */
function readStream(input: Input): void {
  const chunks = chunksOf(input, dice(input.shape));
  const cut = framesOf(chunks);
  const whole = framesOf([Buffer.concat(chunks)]);
  must(isDeepStrictEqual(cut, whole), () => 'the same stream in other chunks has other frames');
}

function framesOf(chunks: readonly Uint8Array[]): unknown[] {
  const found: unknown[] = [];
  const deframer = new Deframer(LONGEST, {
    halted: false,
    frame: (bytes, start, end) => {
      must(end - start <= LONGEST && end <= bytes.length, () => 'a frame is over the limit');
      found.push(Uint8Array.from(bytes.subarray(start, end)));
    },
    tooLong: (length) => void found.push(length),
  });
  for (const chunk of chunks) deframer.push(chunk);
  return found;
}
