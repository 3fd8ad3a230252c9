import { type } from 'arktype';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { expect } from 'chai';
import {
  answering,
  breaks,
  clientOf,
  codecs,
  consume,
  contract,
  describeContract,
  type MeshError,
  nothing,
  response,
  type Schema,
  stream,
  unchecked,
} from 'millrace';
import { msgpack } from 'millrace/msgpack';
import { connect, listen, memory } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, of } from 'rxjs';
import * as v from 'valibot';
import { z } from 'zod';

type Film = { id: string; year: number };

const libraries: Readonly<Record<string, Schema<Film>>> = {
  zod: z.object({ id: z.string(), year: z.number() }),
  valibot: toStandardJsonSchema(v.object({ id: v.string(), year: v.number() })),
  arktype: type({ id: 'string', year: 'number' }),
};

const failure = (promise: Promise<unknown>): Promise<MeshError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: MeshError) => error,
  );

describe('a schema', () => {
  for (const [library, film] of Object.entries(libraries)) {
    it(`of ${library} is read at the responder, and describes itself`, async () => {
      const Films = contract('films', { next: response(film, film) });
      const place = memory();
      const server = await listen(place, answering(Films, { next: ({ id, year }) => of({ id, year: year + 1 }) }));
      const films = clientOf(Films, await connect(place));
      expect(await firstValueFrom(films.next({ id: 'a', year: 1999 }))).to.deep.equal({ id: 'a', year: 2000 });
      const error = await failure(firstValueFrom(films.next({ id: 'a', year: 'soon' as never })));
      expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
      expect(error.message).to.match(/request of films\.next .*year/);
      expect(describeContract(Films).methods['next']?.request).to.deep.include({ type: 'object' });
      await lastValueFrom(server.close(), { defaultValue: undefined });
    });
  }

  it('that takes its time keeps the order of a stream', async () => {
    const slow = z.number().refine(async (n) => {
      for (let turn = 0; turn < 10 - (n % 10); turn++) await Promise.resolve();
      return true;
    });
    const Numbers = contract('numbers', { count: stream(z.number(), slow) });
    const place = memory();
    const server = await listen(
      place,
      answering(Numbers, {
        *count(to) {
          for (let n = 0; n < to; n++) yield n;
        },
      }),
    );
    const read: number[] = [];
    await consume(clientOf(Numbers, await connect(place)).count(200), (n) => read.push(n));
    expect(read).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });

  it('that an answer does not match makes a Defect of it, of which the log has the place', async () => {
    const Films = contract('films', { next: response(nothing, z.object({ id: z.string() })) });
    const place = memory();
    const said: string[] = [];
    const defect = (_: unknown, error: MeshError): unknown => said.push(error.message);
    const server = await listen(place, answering(Films, { next: () => of({ id: 7 as never }) }, { defect }));
    const error = await failure(firstValueFrom(clientOf(Films, await connect(place)).next()));
    expect(error).to.include({ tag: 'Defect', message: 'internal error' });
    expect(said[0]).to.match(/what films\.next answered does not match the contract: id/);
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });

  it('is read by the caller too, if asked', async () => {
    const Loose = contract('films', { next: response(nothing, unchecked()) });
    const Strict = contract('films', { next: response(nothing, z.object({ id: z.string() })) });
    const place = memory();
    const server = await listen(place, answering(Loose, { next: () => of({ id: 7 }) }));
    const films = clientOf(Strict, await connect(place));
    expect(await firstValueFrom(films.next())).to.deep.equal({ id: 7 });
    expect((await failure(firstValueFrom(films.with({ check: true }).next()))).tag).to.equal('Invalid');
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });
});

describe('a message', () => {
  it('may be MessagePack, with dates and bytes', async () => {
    const Any = contract('any', { echo: response(unchecked(), unchecked()) });
    const place = memory();
    const both = codecs(msgpack());
    const server = await listen(place, answering(Any, { echo: (said) => of(said) }, { codecs: both }));
    const any = clientOf(Any, await connect(place), { codecs: both });
    const sent = { at: new Date(86_400_000), bytes: Uint8Array.of(1, 2, 3) };
    const back = (await firstValueFrom(any.with({ codec: 'application/x-msgpack' }).echo(sent))) as typeof sent;
    expect(back.at).to.deep.equal(sent.at);
    expect([...back.bytes]).to.deep.equal([1, 2, 3]);
    const error = await failure(firstValueFrom(any.with({ codec: 'application/avro' }).echo(1)));
    expect(error.message).to.equal(
      'any.echo: no codec for application/avro; there are application/json, application/octet-stream, application/x-msgpack',
    );
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });

  const hostile: Readonly<Record<string, string>> = {
    'a key that would change a prototype': '{"__proto__":{"admin":true}}',
    'too deep nesting': '['.repeat(5000) + ']'.repeat(5000),
    'too many elements': `[${'0,'.repeat(150_000)}0]`,
    'no JSON at all': '{"a":',
  };
  for (const [what, text] of Object.entries(hostile)) {
    it(`of ${what} is refused, alone`, async () => {
      const Any = contract('any', { echo: response(unchecked(), unchecked()) });
      const place = memory();
      const server = await listen(place, answering(Any, { echo: (said) => of(said) }));
      const connection = await connect(place);
      const forged = codecs({ ...codecs().default, mime: 'application/json', encode: () => text, decode: () => 0 });
      const error = await failure(firstValueFrom(clientOf(Any, connection, { codecs: forged }).echo(1)));
      expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_CODEC' });
      expect(await firstValueFrom(clientOf(Any, connection).echo({ a: 1 }))).to.deep.equal({ a: 1 });
      await lastValueFrom(server.close(), { defaultValue: undefined });
    });
  }
});

describe('a contract', () => {
  const bad: Readonly<Record<string, () => unknown>> = {
    'Catalog with a capital': () => contract('Catalog', {}),
    'a method called with': () => contract('a', { with: response(nothing, nothing) }),
    'a method called then': () => contract('a', { ['then' as string]: response(nothing, nothing) }),
    'a schema that is none': () => contract('a', { b: response({} as never, nothing) }),
    'a version that is none': () => contract('a', {}, { version: 'next' }),
    'a deadline that is none': () => response(nothing, nothing, { deadline: 'soon' }),
  };
  for (const [what, make] of Object.entries(bad)) {
    it(`refuses ${what}`, () => {
      expect(make).to.throw().with.property('tag', 'Invalid');
    });
  }

  it('refuses the callers of another major version, and serves those of another minor', async () => {
    const versions = ['1', '2.0', '2.7'].map((version) =>
      contract('films', { count: response(nothing, z.number()) }, { version }),
    );
    const [one, two, later] = versions as [(typeof versions)[0], (typeof versions)[0], (typeof versions)[0]];
    const place = memory();
    const server = await listen(place, answering(two, { count: () => of(2) }));
    const connection = await connect(place);
    expect(await firstValueFrom(clientOf(later, connection).count())).to.equal(2);
    const error = await failure(firstValueFrom(clientOf(one, connection).count()));
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_CONTRACT_VERSION' });
    expect(error.message).to.equal('films.count: version 2.0 of the contract is served, the caller has 1');
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });

  it('names the method that was probably meant', async () => {
    const Served = contract('films', { count: response(nothing, z.number()) });
    const Meant = contract('films', { cuont: response(nothing, z.number()) });
    const place = memory();
    const server = await listen(place, answering(Served, { count: () => of(1) }));
    const error = await failure(firstValueFrom(clientOf(Meant, await connect(place)).cuont()));
    expect(error).to.include({ tag: 'Unknown', message: 'there is no films.cuont; did you mean films.count?' });
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });

  const film = z.object({ id: z.string(), genre: z.enum(['drama', 'comedy']).optional() });
  const reply = z.object({ id: z.string(), year: z.number() });
  const before = contract('films', { find: response(film, reply), list: stream(nothing, reply) });
  const changes: readonly (readonly [what: string, after: ReturnType<typeof contract>, breaks: readonly RegExp[]])[] = [
    ['nothing', before, []],
    [
      'an optional field of a request, and a field of a reply, that are new',
      contract('films', {
        find: response(film.extend({ year: z.number().optional() }), reply.extend({ rating: z.number() })),
        list: stream(nothing, reply),
      }),
      [],
    ],
    [
      'a field of a request that is required now',
      contract('films', { find: response(film.extend({ year: z.number() }), reply), list: stream(nothing, reply) }),
      [/the request of films\.find: year is required/],
    ],
    ['a method that is gone', contract('films', { find: response(film, reply) }), [/films\.list is gone/]],
    [
      'a stream that is a response now',
      contract('films', { find: response(film, reply), list: response(nothing, reply) }),
      [/films\.list was a stream, and is a response/],
    ],
    [
      'an enumeration that allows less, and a field of another type',
      contract('films', {
        find: response(film.extend({ genre: z.enum(['drama']).optional() }), reply.extend({ year: z.string() })),
        list: stream(nothing, reply),
      }),
      [/genre/, /reply of films\.find, year/],
    ],
    [
      'another major version',
      contract('films', { find: response(film, reply), list: stream(nothing, reply) }, { version: '2.0' }),
      [/^films is version 2\.0, and refuses callers of 1$/],
    ],
    [
      'a field of a reply that may be missing now',
      contract('films', { find: response(film, reply.partial({ year: true })), list: stream(nothing, reply) }),
      [/reply of films\.find: year is required/],
    ],
  ];
  for (const [what, after, expected] of changes) {
    it(`is ${expected.length === 0 ? 'not ' : ''}broken by ${what}`, () => {
      const found = breaks(describeContract(before), describeContract(after));
      expect(found).to.have.length(expected.length);
      expected.forEach((pattern, at) => expect(found[at]).to.match(pattern));
    });
  }

  it('is described the same, to the byte, whatever the order it was written in', () => {
    const a = contract('x', { a: response(nothing, reply), b: response(film, nothing) });
    const b = contract('x', { b: response(film, nothing), a: response(nothing, reply) });
    expect(JSON.stringify(describeContract(a))).to.equal(JSON.stringify(describeContract(b)));
  });
});
