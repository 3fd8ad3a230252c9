import { expect } from 'chai';
import { isMeshError } from 'millrace';
import { connect, LIMITS, type Limits, limitsOf, listen, memory, payload } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { errorOf } from '../conformance/reader.js';
import { over } from '../conformance/scene.js';
import { serving } from '../conformance/serving.js';
import { cancelFrame, Flag, responseFrame } from '../rsocket/raw-frame.js';
import { ask, type LimitCase, placeOf, turns } from './limit-case.js';
import { clientCases } from './client-cases.js';
import { setUpRaw } from './raw-client.js';
import { leaseCases } from './lease-cases.js';
import { resumeCases } from './resume-cases.js';
import { serverCases } from './server-cases.js';
import { windowCases } from './window-cases.js';

const cases: Readonly<Record<string, LimitCase>> = {
  ...serverCases,
  ...clientCases,
  ...windowCases,
  ...resumeCases,
  ...leaseCases,
};

describe('limits', () => {
  it('have a case each', () => {
    expect(Object.keys(cases).sort()).to.deep.equal(Object.keys(LIMITS).sort());
  });

  for (const [name, { limit, others, attempt, outcomes }] of Object.entries(cases)) {
    describe(`of ${name}, here ${limit}`, () => {
      for (const [at, outcome] of outcomes.entries()) {
        const amount = limit + at - 1;
        it(`${amount}: ${outcome}`, async () => {
          const place = await placeOf({ ...others, [name]: limit });
          const came = await attempt(amount, place);
          await place.close();
          expect(came).to.equal(outcome);
        });
      }
    });
  }

  it('cut off a peer that does not read at 12 times what may wait for it', async () => {
    const place = await placeOf({ unsent: 100_000 });
    const client = await setUpRaw(place.transport);
    await ask(client, 1);
    client.pause();
    client.send(responseFrame(3, `bytes ${1_200_001}`));
    await turns();
    expect(place.server.connections).to.equal(1);
    await place.clock.advance(1000);
    client.send(responseFrame(5, `bytes ${100}`), responseFrame(7, `bytes ${70_000}`));
    await turns();
    await place.clock.advance(1000);
    client.send(responseFrame(9, `bytes ${70_000}`));
    await place.clock.advance(5000);
    expect(place.server.connections).to.equal(0);
    await place.close();
  });

  it('count rates by the second', async () => {
    const place = await placeOf({ requestRate: 10 });
    const client = await setUpRaw(place.transport);
    for (let second = 0; second < 5; second++) {
      for (let each = 0; each < 10; each++)
        expect(await ask(client, 1 + 2 * (second * 10 + each))).to.equal('answered');
      await place.clock.advance(1001);
    }
    client.close();
    await place.close();
  });

  it('are free again when what was counted has ended', async () => {
    const place = await placeOf({ streams: 2, connections: 1, reassemblies: 100 });
    const client = await setUpRaw(place.transport);
    for (let each = 0; each < 20; each++) {
      expect(await ask(client, 1 + 4 * each)).to.equal('answered');
      const unfinished = 3 + 4 * each;
      client.send(responseFrame(unfinished, Buffer.alloc(90), { flags: Flag.FOLLOWS }), cancelFrame(unfinished));
    }
    await turns();
    client.close();
    await client.expectClosed();
    await turns();
    const next = await setUpRaw(place.transport);
    expect(await ask(next, 1)).to.equal('answered');
    next.close();
    await place.close();
  });

  const typed: Readonly<Record<string, readonly [Partial<Limits>, string, string]>> = {
    streams: [{ streams: 0 }, 'Rejected', 'MILLRACE_LIMIT_STREAMS'],
    reassembly: [{ reassembly: 100 }, 'Invalid', 'MILLRACE_LIMIT_REASSEMBLY'],
    reassemblies: [{ reassemblies: 100 }, 'Invalid', 'MILLRACE_LIMIT_REASSEMBLIES'],
    metadata: [{ metadata: 100 }, 'Invalid', 'MILLRACE_LIMIT_METADATA'],
  };
  for (const [name, [limits, tag, code]] of Object.entries(typed)) {
    it(`of ${name} are told to a Millrace peer as ${tag} with ${code}`, async () => {
      const transport = memory();
      const server = await listen(transport, serving(), { limits });
      const client = await connect(transport, { fragment: 64 });
      const item = payload('d'.repeat(200), 'm'.repeat(name === 'metadata' ? 101 : 0));
      for (const call of [client.response(item), client.stream(item), client.channel([item])]) {
        const error = await errorOf(call);
        expect([error.tag, error.code]).to.deep.equal([tag, code]);
      }
      await over(client.close());
      await over(server.close());
    });
  }

  it('hold for answers as for requests', async () => {
    const transport = memory();
    const server = await listen(transport, serving());
    const client = await connect(transport, { limits: { metadata: 100 } });
    const error = await errorOf(client.response(payload('x', 'm'.repeat(101))));
    expect([error.tag, error.code]).to.deep.equal(['Invalid', 'MILLRACE_LIMIT_METADATA']);
    await firstValueFrom(client.response(payload('x', 'm'.repeat(100))));
    await over(client.close());
    await over(server.close());
  });
});

describe('the table of limits', () => {
  const refused = (limits: object): string => {
    try {
      limitsOf(limits);
    } catch (error) {
      if (isMeshError(error, 'Invalid') && error.code === 'MILLRACE_PARAM') return error.message;
      throw error;
    }
    return 'taken';
  };

  for (const name of Object.keys(LIMITS)) {
    for (const wrong of [-1, Number.NaN, 'many', '', '5 parsecs', null, {}, true]) {
      it(`refuses ${name} of ${JSON.stringify(wrong)}, naming it`, () => {
        expect(refused({ [name]: wrong })).to.match(new RegExp(`^limit ${name}: .* is not .*`));
      });
    }

    it(`takes the default of ${name}`, () => {
      expect(limitsOf({ [name]: LIMITS[name as keyof Limits].initial })).to.deep.equal(limitsOf());
      expect(limitsOf({ [name]: undefined })).to.deep.equal(limitsOf());
    });
  }

  it('refuses a row that there is not, naming those that there are', () => {
    expect(refused({ frames: 1 })).to.match(/^no limit frames; there are connections, streams, frame, /);
    expect(refused({ toString: 1 })).to.match(/^no limit toString; /);
  });

  it('refuses frames that could not be', () => {
    expect(refused({ frame: 63 })).to.equal('limit frame: 63 is not between 64 and 16777215');
    expect(refused({ frame: 2 ** 24 })).to.equal('limit frame: 16777216 is not between 64 and 16777215');
    expect(refused({ window: 0 })).to.equal('limit window: 0 is not between 1 and 16777215');
  });

  it('takes sizes and durations with units', () => {
    expect(limitsOf({ reassembly: '2 MiB', setupTime: '1.5 s', streams: '7' })).to.include({
      reassembly: 2 * 2 ** 20,
      setupTime: 1500,
      streams: 7,
    });
  });

  it('is checked where a side is made', async () => {
    const wrong = { limits: { streams: -1 } };
    for (const made of [listen(memory(), serving(), wrong), connect(memory(), wrong)]) {
      const error: unknown = await made.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.include({ tag: 'Invalid', message: 'limit streams: -1 is not a whole number, 0 or more' });
    }
  });

  it('has a name, a default and a meaning in each row', () => {
    for (const row of Object.values(LIMITS)) {
      expect(row.name).to.match(/^rsocket\.[a-z-]+$/);
      expect(row.about).to.match(/^[A-Z].*\.$/);
      expect(row.initial).to.be.above(0);
    }
    expect(new Set(Object.values(LIMITS).map(({ name }) => name)).size).to.equal(Object.keys(LIMITS).length);
  });
});
