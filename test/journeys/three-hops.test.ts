import { expect } from 'chai';
import { addresses, type App, callOf, clientOf, iterate, mesh, type MeshError } from 'millrace';
import { connect, type Connection, tcp } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { applications, failure } from '../app/applications.js';
import { type Program, processes } from './processes.js';
import { stationOf } from './station.js';

const A = stationOf('a');
const C = stationOf('c');

describe('a call over three processes', function () {
  this.timeout(60_000);
  const row = processes(after);
  const { start } = processes();
  const startApp = applications();
  let a: Program;
  let b: Program;
  let c: Program;
  let app: App;

  const caller = (...places: readonly string[]): Promise<App> =>
    startApp(
      mesh()
        .over(tcp())
        .in(addresses(...places))
        .configure({ 'discovery.patience': '20 s' }),
    );

  before(async () => {
    c = await row.start('station', ['c', '0']);
    b = await row.start('station', ['b', '0', 'c', c.address]);
    a = await row.start('station', ['a', '0', 'b', b.address]);
  });

  beforeEach(async () => {
    app = await caller(a.address);
    expect(await firstValueFrom(app.client(A).title('tt1'))).to.equal(`tt1 by ${c.pid} via b via a`);
  });

  describe('that its caller leaves', () => {
    it('ends at the last, when it has one answer', async () => {
      const call = app.client(A).forever('work').subscribe();
      await c.says('began work');
      call.unsubscribe();
      for (const each of [c, b, a]) await each.says('left work');
    });

    it('ends at the last, when it is a stream in the middle', async () => {
      for await (const item of iterate(app.client(A).page(10_000_000))) if (item === 100) break;
      await c.says('left page');
      expect(await firstValueFrom(app.client(A).made())).to.be.within(100, 100 + 3 * 256);
    });

    it('ends at the last, when the process of the caller is gone', async () => {
      const other = await start('station', ['front', '0', 'a', a.address]);
      const far = await caller(other.address);
      const call = failure(firstValueFrom(far.client(stationOf('front')).forever('far')));
      await c.says('began far');
      other.kill('SIGKILL');
      await c.says('left far');
      expect((await call).tag).to.equal('Broken');
    });
  });

  describe('with a deadline', () => {
    let connection: Connection;
    afterEach(() => lastValueFrom(connection.close(), { defaultValue: undefined }));

    /** Calls a station as a peer does that leaves it to the station to keep the deadline, in milliseconds from now. */
    const ask = async (station: Program, name: string, left: number, id: string) => {
      connection = await connect(tcp({ port: station.port }));
      const call = callOf({ interaction: 'response', request: undefined, deadline: performance.now() + left });
      const contract = stationOf(name);
      const patient = {
        now: () => -1e9,
        wall: () => 0,
        after: () => () => undefined,
        every: () => () => undefined,
        random: () => 0,
      };
      return failure(
        firstValueFrom(clientOf(contract, connection, { clock: patient }).with({ serving: call }).forever(id)),
      );
    };

    for (const name of ['a', 'b', 'c']) {
      it(`is Late at ${name} when that passes, and leaves what is behind it`, async () => {
        const station = { a, b, c }[name] ?? a;
        const error = await ask(station, name, 200, `late at ${name}`);
        expect(error.tag).to.equal('Late');
        expect(error.message).to.match(/^[abc]\.forever was not done in \d+(?:\.\d+)? ms, when its deadline passed$/);
        expect(error.retry).to.equal('never');
        await c.says(`left late at ${name}`);
      });

      it(`is not begun at ${name} when that has passed`, async () => {
        const station = { a, b, c }[name] ?? a;
        const error = await ask(station, name, -1, `too late at ${name}`);
        expect(error.tag).to.equal('Late');
        expect(error.message).to.match(
          new RegExp(`^${name}\\.forever came \\d.* after its deadline, and was not begun$`),
        );
        expect(c.logged(`began too late at ${name}`)).to.deep.equal([]);
      });
    }

    it('is Late for who asks, whoever is the slow one', async () => {
      connection = await connect(tcp({ port: a.port }));
      const error = await failure(firstValueFrom(app.client(A).with({ deadline: '100 ms' }).forever('slow')));
      expect(error.tag).to.equal('Late');
      for (const each of [c, b, a]) await each.says('left slow');
    });

    it('begins no handler behind a handler that goes on after it', async () => {
      connection = await connect(tcp({ port: a.port }));
      const error = await failure(firstValueFrom(app.client(A).with({ deadline: '50 ms' }).afterwards('behind')));
      expect(error.tag).to.equal('Late');
      await a.says('found Late');
      await firstValueFrom(app.client(A).title('tt1'));
      expect([...b.logged('began behind'), ...c.logged('began behind')]).to.deep.equal([]);
    });
  });

  describe('that fails at the last', () => {
    const fail = (how: string): Promise<MeshError> => failure(firstValueFrom(app.client(A).fail(how)));

    it('fails with what the contract declares, and its detail', async () => {
      const error = await fail('full');
      expect(error).to.include({ tag: 'Failed', code: 'c.Full', message: 'no room', httpStatus: 409 });
      if (!C.failed(error, 'Full')) throw error;
      expect(error.detail.beds).to.equal(2);
      expect(A.failed(error, 'Full')).to.equal(false);
    });

    it('fails as a Defect without a word of the bug, which only the last has logged', async () => {
      const error = await fail('bug');
      expect(error).to.include({ tag: 'Defect', message: 'internal error' });
      expect(JSON.stringify(error)).not.to.include('secret');
      expect((await c.says('c.fail failed')).err).to.include({ message: 'a secret of the source' });
      for (const each of [a, b]) expect(each.lines.join('\n')).not.to.include('secret');
    });

    it('fails with the code, the detail and the whole chain of causes', async () => {
      const error = await fail('denied');
      expect(error).to.include({ tag: 'Denied', code: 'station.Denied', message: 'not you' });
      expect(error.detail).to.deep.equal({ role: 'guest' });
      const cause = error.cause as MeshError;
      expect(cause).to.include({ tag: 'Unauthenticated', message: 'nobody knows you' });
      expect(cause.cause).to.include({ tag: 'Failed', code: 'directory.Down', message: 'the directory is down' });
      expect((cause.cause as MeshError).detail).to.deep.equal({ host: 'd1' });
    });

    it('is not tried again by who is in front of the one that heard of it', async () => {
      const twin = await start('station', ['b', '0', 'c', c.address]);
      const front = await start('station', ['a', '0', 'b', b.address, twin.address]);
      app = await caller(front.address);
      const before = c.logged('failing rejected').length;
      for (let time = 1; time <= 4; time++) {
        const error = await fail('rejected');
        expect(error).to.include({ tag: 'Rejected', message: 'too busy', retry: 'never', after: 70 });
        expect(c.logged('failing rejected')).to.have.length(before + time);
      }
    });

    it('is tried once at a twin of the last, by who is in front of it', async () => {
      const twin = await start('station', ['c', '0']);
      const middle = await start('station', ['b', '0', 'c', c.address, twin.address]);
      const front = await start('station', ['a', '0', 'b', middle.address]);
      app = await caller(front.address);
      while (!(await firstValueFrom(app.client(A).title('tt1'))).includes(`by ${twin.pid}`));
      const before = c.logged('failing rejected').length;
      for (let time = 1; time <= 3; time++) {
        expect(await fail('rejected')).to.include({ tag: 'Rejected', retry: 'never' });
        expect(c.logged('failing rejected')).to.have.length(before + time);
        expect(twin.logged('failing rejected')).to.have.length(time);
      }
    });
  });
});
