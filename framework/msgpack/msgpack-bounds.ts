/** Walks the headers of a MessagePack message, so that nothing is made of bytes that claim what they don't hold. */
import { type CodecLimits, undecodable } from '../contract/index.js';
import type { MeshError } from '../core/index.js';

/** What the values that are read belong to. */
const LIST = 0;
const MAP = 1;
/** A map that is the value of the key `constructor`. */
const CONSTRUCTOR = 2;

const TIMESTAMP = 0xff;
/** msgpackr and notepack write undefined so. */
const UNDEFINED = 0x00;
const MAX_NANOSECONDS = 999_999_999;
/** Seconds from 1970, either way, that a Date can hold. */
const MAX_SECONDS = 8.64e12;

/** An array or map that is not read to its end. */
interface Level {
  readonly kind: number;
  /** Keys and values that are still to come: odd in a map where a value is next. */
  left: number;
}

/** Throws Invalid unless the bytes are one whole message within the limits, of types that any peer may send. */
export function checkMsgpack(bytes: Uint8Array, limits: CodecLimits): void {
  new Walk(bytes, limits).message();
}

class Walk {
  private at = 0;
  private items = 0;
  private readonly levels: Level[] = [];
  /** Whether the value that is read has the key `constructor`. */
  private constructing = false;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly limits: CodecLimits,
  ) {}

  message(): void {
    this.value();
    for (let level = this.levels.at(-1); level !== undefined; level = this.levels.at(-1)) {
      if (level.left === 0) {
        this.levels.pop();
        continue;
      }
      level.left -= 1;
      if (level.kind !== LIST && level.left % 2 === 1) this.key(level.kind);
      else this.value();
    }
    if (this.at !== this.bytes.length) throw this.wrong(`ends at byte ${this.at} of ${this.bytes.length}`);
  }

  /** Reads a value, but of an array or map only the header. */
  private value(): void {
    const kind = this.constructing ? CONSTRUCTOR : MAP;
    this.constructing = false;
    const token = this.unsigned(1);
    if (token < 0x80 || token >= 0xe0) return;
    if (token < 0x90) return this.open(kind, token & 0x0f);
    if (token < 0xa0) return this.open(LIST, token & 0x0f);
    if (token < 0xc0) return this.skip(token & 0x1f);
    switch (token) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xcc:
      case 0xd0:
        return this.skip(1);
      case 0xcd:
      case 0xd1:
        return this.skip(2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.skip(4);
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return this.skip(8);
      case 0xc4:
      case 0xd9:
        return this.skip(this.unsigned(1));
      case 0xc5:
      case 0xda:
        return this.skip(this.unsigned(2));
      case 0xc6:
      case 0xdb:
        return this.skip(this.unsigned(4));
      case 0xdc:
        return this.open(LIST, this.unsigned(2));
      case 0xdd:
        return this.open(LIST, this.unsigned(4));
      case 0xde:
        return this.open(kind, this.unsigned(2));
      case 0xdf:
        return this.open(kind, this.unsigned(4));
      case 0xd4:
        return this.extension(1);
      case 0xd6:
        return this.extension(4);
      case 0xd7:
        return this.extension(8);
      case 0xc7:
        return this.extension(this.unsigned(1));
      default:
        throw this.wrong(`has a type 0x${token.toString(16)} before byte ${this.at}, which is not accepted`);
    }
  }

  private key(kind: number): void {
    const token = this.bytes[this.at] ?? 0;
    if (token >= 0xa0 && token < 0xc0) {
      this.at += 1;
      this.name(kind, token & 0x1f);
    } else if (token >= 0xd9 && token <= 0xdb) {
      this.at += 1;
      this.name(kind, this.unsigned(token === 0xd9 ? 1 : token === 0xda ? 2 : 4));
    } else if (token < 0x80 || token >= 0xe0 || (token >= 0xcc && token <= 0xd3)) {
      this.value();
    } else {
      throw this.wrong(`has a key at byte ${this.at} that is neither a string nor an integer`);
    }
  }

  private name(kind: number, length: number): void {
    const start = this.at;
    this.skip(length);
    if (length === 11) this.constructing = this.says('constructor', start);
    const hostile =
      length === 9 && (this.says('__proto__', start) || (kind === CONSTRUCTOR && this.says('prototype', start)));
    if (hostile) throw this.wrong(`has a key at byte ${start} that reaches a prototype`);
  }

  private says(name: string, start: number): boolean {
    for (let at = 0; at < name.length; at++) if (this.bytes[start + at] !== name.charCodeAt(at)) return false;
    return true;
  }

  private open(kind: number, length: number): void {
    const left = kind === LIST ? length : length * 2;
    if (left > this.bytes.length - this.at) throw this.truncated();
    this.items += length;
    const { depth, items } = this.limits;
    if (this.items > items)
      throw this.wrong(
        `holds more than ${items} keys and elements at byte ${this.at}; codec.items sets how many it may`,
      );
    if (this.levels.length >= depth)
      throw this.wrong(`nests deeper than ${depth} at byte ${this.at}; codec.depth sets how deep it may`);
    this.levels.push({ kind, left });
  }

  private extension(length: number): void {
    const type = this.unsigned(1);
    const start = this.at;
    this.skip(length);
    if (type === UNDEFINED && length === 1) return;
    if (type === TIMESTAMP && (length === 4 || length === 8 || length === 12)) {
      if (!this.isTime(start, length)) throw this.wrong(`has a time at byte ${start} that no Date holds`);
      return;
    }
    throw this.wrong(
      `has an extension of type ${type} and ${length} bytes before byte ${start}, which is not accepted`,
    );
  }

  private isTime(start: number, length: number): boolean {
    if (length === 4) return true;
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + start, length);
    if (length === 8) return view.getUint32(0) >>> 2 <= MAX_NANOSECONDS;
    return view.getUint32(0) <= MAX_NANOSECONDS && Math.abs(Number(view.getBigInt64(4))) <= MAX_SECONDS;
  }

  private unsigned(size: 1 | 2 | 4): number {
    let value = 0;
    const end = this.at + size;
    if (end > this.bytes.length) throw this.truncated();
    for (; this.at < end; this.at++) value = value * 256 + (this.bytes[this.at] ?? 0);
    return value;
  }

  private skip(length: number): void {
    this.at += length;
    if (this.at > this.bytes.length) throw this.truncated();
  }

  private truncated(): MeshError {
    return this.wrong(`of ${this.bytes.length} bytes breaks off`);
  }

  private wrong(what: string): MeshError {
    return undecodable(`MessagePack ${what}`);
  }
}
