import { expect } from 'chai';
import * as fc from 'fast-check';
import { isMeshError } from 'millrace';
import {
  authentication,
  compositeMetadata,
  type Credentials,
  credentialsOf,
  decodeComposite,
  entryOf,
  mimeTypes,
  mimeTypesOf,
  routeOf,
  routing,
  routingTags,
  tagsOf,
  text,
  traceOf,
  tracing,
  type ZipkinTrace,
} from 'millrace/rsocket';
import { vectors } from './metadata-vectors.js';
import { wellKnown } from './well-known-types.js';

const ROUTING = 'message/x.rsocket.routing.v0';

const bytes = fc.uint8Array({ maxLength: 300 });
const ascii = (most: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: most,
  });
const mime = fc.oneof(fc.constantFrom(...Object.values(wellKnown)), ascii(128));
const words = (most: number) => fc.string({ unit: 'grapheme', maxLength: most });
const tag = words(60).filter((value) => value !== '' && Buffer.byteLength(value) <= 255);
const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });

describe('metadata', () => {
  describe('of the specification, byte for byte', () => {
    for (const { name, hex: written, encode, decode, value } of vectors) {
      it(`is written as ${name}`, () => {
        expect(Buffer.from(encode()).toString('hex')).to.equal(written.replaceAll(' ', ''));
      });

      it(`is read from ${name}`, () => {
        expect(plain(decode(Buffer.from(written.replaceAll(' ', ''), 'hex')))).to.deep.equal(plain(value));
      });

      it(`cut short, as ${name} may be, is Invalid or less`, () => {
        const whole = Buffer.from(written.replaceAll(' ', ''), 'hex');
        for (let length = 0; length < whole.length; length++) {
          const [outcome, read] = attempt(() => decode(whole.subarray(0, length)));
          expect(outcome, `${length} bytes`).to.be.oneOf(['read', 'Invalid']);
          if (outcome === 'read') expect(plain(read)).not.to.deep.equal(plain(value));
        }
      });
    }

    it('has the numbers of the well-known types', () => {
      for (const [id, type] of Object.entries(wellKnown)) {
        const written = compositeMetadata([[type, Uint8Array.of(7)]]);
        expect([...written], type).to.deep.equal([0x80 | Number(id), 0, 0, 1, 7]);
        expect(plain(decodeComposite(written))).to.deep.equal([[type, [7]]]);
      }
    });

    it('keeps entries of numbers that nobody knows, and tells them apart', () => {
      const read = decodeComposite(Uint8Array.of(0x80 | 0x50, 0, 0, 1, 1, 0x80 | 0x51, 0, 0, 0));
      expect(read).to.have.length(2);
      expect(read[0]?.[0]).not.to.equal(read[1]?.[0]);
    });
  });

  describe('written and read again is the same', () => {
    it('for composite entries, in their order', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(mime, bytes), { maxLength: 12 }), (entries) => {
          expect(plain(decodeComposite(compositeMetadata(entries)))).to.deep.equal(plain(entries));
        }),
      );
    });

    it('for the tags of a route, and the route is the first', () => {
      fc.assert(
        fc.property(fc.array(tag, { minLength: 1, maxLength: 8 }), (tags) => {
          expect(tagsOf(routingTags(...tags))).to.deep.equal(tags);
          expect(routeOf(routing(...tags))).to.equal(tags[0]);
          expect(plain(entryOf(routing(...tags), ROUTING))).to.deep.equal(plain(routingTags(...tags)));
        }),
      );
    });

    it('for credentials', () => {
      const credentials: fc.Arbitrary<Credentials> = fc.oneof(
        fc.record({ type: fc.constant('simple' as const), username: words(200), password: words(200) }),
        fc.record({ type: fc.constant('bearer' as const), token: words(400) }),
        fc.record({ type: fc.constant('other' as const), name: ascii(128), content: bytes }),
      );
      fc.assert(
        fc.property(credentials, (said) => {
          expect(plain(credentialsOf(authentication(said)))).to.deep.equal(plain(said));
        }),
      );
    });

    it('for MIME types', () => {
      fc.assert(
        fc.property(fc.array(mime, { maxLength: 10 }), (types) => {
          expect(mimeTypesOf(mimeTypes(...types))).to.deep.equal(types);
        }),
      );
    });

    it('for traces', () => {
      const trace = fc
        .record(
          {
            traceId: fc.oneof(hex(32), hex(16)),
            spanId: hex(16),
            sampled: fc.boolean(),
            debug: fc.constant(true),
            parentSpanId: hex(16),
          },
          { requiredKeys: ['traceId', 'spanId', 'sampled'] },
        )
        .map((made): ZipkinTrace => (made.debug === true ? { ...made, sampled: true } : made));
      fc.assert(
        fc.property(trace, (said) => {
          expect(traceOf(tracing(said))).to.deep.equal({ ...said, traceId: said.traceId.padStart(32, '0') });
        }),
      );
    });
  });

  describe('that is not what it should be', () => {
    const readers = { decodeComposite, tagsOf, credentialsOf, mimeTypesOf, traceOf };
    for (const [name, read] of Object.entries(readers)) {
      it(`makes ${name} throw Invalid and nothing else`, () => {
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 64 }), (any) => {
            expect(attempt<unknown>(() => read(any))[0]).to.be.oneOf(['read', 'Invalid']);
          }),
          { numRuns: 2000 },
        );
      });
    }

    it('is no entry and no route', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 64 }), mime, (any, type) => {
          const found = entryOf(any, type);
          const route = routeOf(any);
          expect(found === undefined || found instanceof Uint8Array).to.equal(true);
          expect(route === undefined || typeof route === 'string').to.equal(true);
        }),
        { numRuns: 2000 },
      );
      expect([entryOf(undefined, ROUTING), routeOf(undefined)]).to.deep.equal([undefined, undefined]);
    });

    const wrong: Readonly<Record<string, () => unknown>> = {
      'a MIME type of no bytes': () => compositeMetadata([['', new Uint8Array(0)]]),
      'a MIME type of 129 bytes': () => compositeMetadata([['x'.repeat(129), new Uint8Array(0)]]),
      'a MIME type beyond ASCII': () => compositeMetadata([['text/žluť', new Uint8Array(0)]]),
      'an entry of 16 MiB': () => compositeMetadata([['text/plain', new Uint8Array(2 ** 24)]]),
      'a routing tag of no bytes': () => routing(''),
      'a routing tag of 256 bytes': () => routing('x'.repeat(256)),
      'a user name of 65,536 bytes': () =>
        authentication({ type: 'simple', username: 'x'.repeat(65_536), password: '' }),
      'an authentication type of no bytes': () =>
        authentication({ type: 'other', name: '', content: new Uint8Array(0) }),
      'an authentication type of 129 bytes': () =>
        authentication({ type: 'other', name: 'x'.repeat(129), content: new Uint8Array(0) }),
      'a trace id of 31 digits': () => tracing({ traceId: 'a'.repeat(31), spanId: 'b'.repeat(16), sampled: true }),
      'a trace id of 24 digits': () => tracing({ traceId: 'a'.repeat(24), spanId: 'b'.repeat(16), sampled: true }),
      'a trace id in capitals': () => tracing({ traceId: 'A'.repeat(32), spanId: 'b'.repeat(16), sampled: true }),
      'a span id of 14 digits': () => tracing({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(14), sampled: true }),
      'a parent of 18 digits': () =>
        tracing({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true, parentSpanId: 'c'.repeat(18) }),
    };
    for (const [what, write] of Object.entries(wrong)) {
      it(`is not written: ${what} is Invalid`, () => {
        expect(attempt(write)[0]).to.equal('Invalid');
      });
    }

    it('is written at the bounds', () => {
      const type = 'x'.repeat(128);
      expect(decodeComposite(compositeMetadata([[type, new Uint8Array(0)]]))[0]?.[0]).to.equal(type);
      expect(routeOf(routing('x'.repeat(255)))).to.equal('x'.repeat(255));
      const largest = compositeMetadata([['text/plain', new Uint8Array(2 ** 24 - 1)]]);
      expect(decodeComposite(largest)[0]?.[1].length).to.equal(2 ** 24 - 1);
      const username = 'x'.repeat(65_535);
      expect(credentialsOf(authentication({ type: 'simple', username, password: 'p' }))).to.deep.equal({
        type: 'simple',
        username,
        password: 'p',
      });
    });
  });

  it('of a route is text in UTF-8', () => {
    expect(text(routingTags('kůň').subarray(1))).to.equal('kůň');
  });
});

/** `read` with what was read, or the tag of the error. */
function attempt<T>(work: () => T): readonly [string, T | undefined] {
  try {
    return ['read', work()];
  } catch (error) {
    return [isMeshError(error) ? error.tag : String(error), undefined];
  }
}

/** With bytes as lists of numbers, whatever class they are of. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
