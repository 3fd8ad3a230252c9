/** The PROXY protocol, by which a balancer says whose connection it passes on (HAProxy: The PROXY protocol, versions 1 & 2). */
import { isIPv4, isIPv6 } from 'node:net';
import { readUint16, text } from './bytes.js';

/** What a header says: its bytes, and whose connection it is; none where the proxy speaks for itself. */
export interface ProxyHeader {
  readonly length: number;
  readonly source: string | undefined;
}

/** The longest header of version 1, with its line end. */
const LONGEST_LINE = 107;
/** Of version 2, what follows the 16 bytes: addresses, and extensions that nobody here reads. */
const LONGEST_REST = 4096;
const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const FIXED = 16;

/** Reads the header that a connection begins with. Undefined asks for more bytes; a text says what is wrong. */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | string | undefined {
  if (bytes.length === 0) return undefined;
  return bytes[0] === SIGNATURE[0] ? readBinary(bytes) : readLine(bytes);
}

function readLine(bytes: Uint8Array): ProxyHeader | string | undefined {
  const begins = text(bytes.subarray(0, 6));
  if (!'PROXY '.startsWith(begins)) return 'it begins with no PROXY header';
  const end = bytes.subarray(0, LONGEST_LINE).indexOf(0x0a);
  if (end < 0) return bytes.length < LONGEST_LINE ? undefined : `its PROXY line is longer than ${LONGEST_LINE} bytes`;
  const line = text(bytes.subarray(0, end + 1));
  const length = end + 1;
  if (!line.endsWith('\r\n')) return 'its PROXY line does not end with CR LF';
  const [, family, source = '', , port = '', targetPort, ...more] = line.slice(0, -2).split(' ');
  if (family === 'UNKNOWN') return { length, source: undefined };
  const known = family === 'TCP4' || family === 'TCP6';
  const fits = family === 'TCP4' ? isIPv4(source) : isIPv6(source);
  const ports = [port, targetPort ?? ''].every((each) => /^(0|[1-9]\d{0,4})$/.test(each) && Number(each) <= 65_535);
  if (!known || !fits || !ports || more.length > 0) return 'its PROXY line is malformed';
  return { length, source: family === 'TCP4' ? `${source}:${port}` : `[${source}]:${port}` };
}

function readBinary(bytes: Uint8Array): ProxyHeader | string | undefined {
  const some = Math.min(bytes.length, SIGNATURE.length);
  if (SIGNATURE.some((byte, at) => at < some && byte !== bytes[at])) return 'it begins with no PROXY header';
  if (bytes.length < FIXED) return undefined;
  const [version, command] = [(bytes[12] ?? 0) >>> 4, (bytes[12] ?? 0) & 0xf];
  if (version !== 2) return `its PROXY header is of version ${version}`;
  if (command > 1) return `its PROXY header has the unknown command ${command}`;
  const rest = readUint16(bytes, 14);
  if (rest > LONGEST_REST) return `its PROXY header of ${rest} bytes is longer than ${LONGEST_REST}`;
  const length = FIXED + rest;
  if (bytes.length < length) return undefined;
  if (command === 0) return { length, source: undefined };
  const family = (bytes[13] ?? 0) >>> 4;
  if (family === 1) return rest < 12 ? SHORT : { length, source: addressed(ipv4(bytes), bytes, FIXED + 8) };
  if (family === 2) return rest < 36 ? SHORT : { length, source: addressed(`[${ipv6(bytes)}]`, bytes, FIXED + 32) };
  return { length, source: undefined };
}

const SHORT = 'its PROXY header is too short for its addresses';

function addressed(host: string, bytes: Uint8Array, port: number): string {
  return `${host}:${readUint16(bytes, port)}`;
}

function ipv4(bytes: Uint8Array): string {
  return bytes.subarray(FIXED, FIXED + 4).join('.');
}

function ipv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => readUint16(bytes, FIXED + 2 * at).toString(16)).join(':');
  // The platform writes addresses in their short form.
  return new URL(`tcp://[${groups}]`).hostname.slice(1, -1);
}
