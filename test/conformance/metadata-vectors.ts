/** Bytes written by hand from the texts of the extensions: composite metadata, routing, authentication, MIME types, Zipkin tracing. */
import {
  authentication,
  compositeMetadata,
  credentialsOf,
  decodeComposite,
  mimeTypes,
  mimeTypesOf,
  routing,
  routingTags,
  tagsOf,
  traceOf,
  tracing,
} from 'millrace/rsocket';

export interface Vector {
  readonly name: string;
  /** With spaces between the fields. */
  readonly hex: string;
  encode(): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  readonly value: unknown;
}

const utf8 = (words: string): Uint8Array => Buffer.from(words);

const simple = { type: 'simple', username: 'ada', password: 'pw' } as const;
const bearer = { type: 'bearer', token: 'jwt' } as const;
const other = { type: 'other', name: 'mtls', content: Uint8Array.of(1, 2) } as const;
const trace64 = { traceId: '00000000000000000102030405060708', spanId: '1112131415161718', sampled: true };
const trace128 = {
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '1112131415161718',
  sampled: false,
  parentSpanId: '2122232425262728',
};
const debugged = { traceId: trace128.traceId, spanId: trace128.spanId, sampled: true, debug: true };

export const vectors: readonly Vector[] = [
  {
    name: 'a composite of a route, JSON and a type of its own',
    hex: 'fe 000004 03 612e62   85 000002 7b7d   02 782f79 000001 5a',
    encode: () =>
      compositeMetadata([
        ['message/x.rsocket.routing.v0', Uint8Array.of(3, 0x61, 0x2e, 0x62)],
        ['application/json', utf8('{}')],
        ['x/y', utf8('Z')],
      ]),
    decode: decodeComposite,
    value: [
      ['message/x.rsocket.routing.v0', Uint8Array.of(3, 0x61, 0x2e, 0x62)],
      ['application/json', utf8('{}')],
      ['x/y', utf8('Z')],
    ],
  },
  {
    name: 'a composite of one route with a tag',
    hex: 'fe 000008 03 612e62 03 763d31',
    encode: () => routing('a.b', 'v=1'),
    decode: decodeComposite,
    value: [['message/x.rsocket.routing.v0', Uint8Array.of(3, 0x61, 0x2e, 0x62, 3, 0x76, 0x3d, 0x31)]],
  },
  {
    name: 'two routing tags',
    hex: '06 6f72646572 73 02 c3bc',
    encode: () => routingTags('orders', 'ü'),
    decode: tagsOf,
    value: ['orders', 'ü'],
  },
  {
    name: 'a name and password',
    hex: '80 0003 616461 7077',
    encode: () => authentication(simple),
    decode: credentialsOf,
    value: simple,
  },
  {
    name: 'a bearer token',
    hex: '81 6a7774',
    encode: () => authentication(bearer),
    decode: credentialsOf,
    value: bearer,
  },
  {
    name: 'an authentication type of its own',
    hex: '03 6d746c73 0102',
    encode: () => authentication(other),
    decode: credentialsOf,
    value: other,
  },
  {
    name: 'one MIME type',
    hex: '85',
    encode: () => mimeTypes('application/json'),
    decode: mimeTypesOf,
    value: ['application/json'],
  },
  {
    name: 'accepted MIME types',
    hex: '81 02 782f79 a1',
    encode: () => mimeTypes('application/cbor', 'x/y', 'text/plain'),
    decode: mimeTypesOf,
    value: ['application/cbor', 'x/y', 'text/plain'],
  },
  {
    name: 'a trace of 64 bits that is sampled',
    hex: 'a0 0102030405060708 1112131415161718',
    encode: () => tracing({ ...trace64, traceId: '0102030405060708' }),
    decode: traceOf,
    value: trace64,
  },
  {
    name: 'a trace of 128 bits with a parent that is not sampled',
    hex: '9c 0102030405060708090a0b0c0d0e0f10 1112131415161718 2122232425262728',
    encode: () => tracing(trace128),
    decode: traceOf,
    value: trace128,
  },
  {
    name: 'a trace to debug',
    hex: 'c8 0102030405060708090a0b0c0d0e0f10 1112131415161718',
    encode: () => tracing(debugged),
    decode: traceOf,
    value: debugged,
  },
];
