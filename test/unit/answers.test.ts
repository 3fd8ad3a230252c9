import { expect } from 'chai';
import { isMeshError } from 'millrace';
import { connect, listen, memory, payload, text, type WireService } from 'millrace/rsocket';
import { lastValueFrom, map, toArray } from 'rxjs';

/** What a program without types may answer with. */
const answers: Readonly<Record<string, () => unknown>> = {
  promise: () => Promise.resolve(payload('one')),
  array: () => [payload('one'), payload('two')],
  generator: async function* () {
    yield payload('one');
    yield payload('two');
  },
  nothing: () => undefined,
  number: () => 7,
};

describe('a service that answers with no Observable', () => {
  const service = ((call) =>
    'data' in call.request ? answers[text(call.request.data)]?.() : undefined) as WireService;

  async function items(answer: string): Promise<string[]> {
    const place = memory();
    const server = await listen(place, service);
    const connection = await connect(place);
    try {
      return await lastValueFrom(connection.stream(payload(answer)).pipe(map(text), toArray()));
    } finally {
      await lastValueFrom(connection.close(), { defaultValue: undefined });
      await lastValueFrom(server.close(), { defaultValue: undefined });
    }
  }

  it('may answer with a promise, an array or an async generator', async () => {
    expect(await items('promise')).to.deep.equal(['one']);
    expect(await items('array')).to.deep.equal(['one', 'two']);
    expect(await items('generator')).to.deep.equal(['one', 'two']);
  });

  for (const answer of ['nothing', 'number']) {
    it(`fails that call alone if it answers with ${answer}`, async () => {
      const failure: unknown = await items(answer).catch((error: unknown) => error);
      expect(isMeshError(failure, 'Defect'), String(failure)).to.equal(true);
      expect(await items('promise')).to.deep.equal(['one']);
    });
  }
});
