import { expect } from 'chai';
import { addresses, type App, mesh, type MeshError } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { applications, failure } from '../app/applications.js';
import { type Load, loadOf } from './load.js';
import { type Program, processes } from './processes.js';
import { stationOf } from './station.js';

const C = stationOf('c');
const ROWS = 12;

describe('of two instances under load', function () {
  this.timeout(60_000);
  const { start } = processes();
  const startApp = applications();
  let one: Program;
  let other: Program;
  let load: Load | undefined;

  const callerOf = (env: Readonly<Record<string, string>> = {}): Promise<App> =>
    startApp(mesh().over(tcp()).in(addresses(one.address, other.address)).configure({}, { env }));

  beforeEach(async () => {
    [one, other] = await Promise.all([start('station', ['c', '0']), start('station', ['c', '0'])]);
  });
  afterEach(() => load?.stop());

  it('one is killed: only the calls that were open there fail, as not known to be done or not begun', async () => {
    load = loadOf(await callerOf(), C, { rows: ROWS });
    await load.answers(5, one.pid);
    await load.answers(5, other.pid);
    one.kill('SIGKILL');
    expect(await one.ended).to.equal('SIGKILL');
    await load.answers(1, other.pid);
    const failed = load.failures.length;
    await load.answers(200, other.pid);
    expect(failed).to.be.at.most(ROWS);
    expect(load.failures).to.have.length(failed);
    for (const { tag } of load.failures) expect(tag).to.be.oneOf(['Broken', 'Unavailable']);
    const again = await start('station', ['c', String(one.port)]);
    await load.answers(20, again.pid);
    await load.stop();
    expect(load.failures).to.have.length(failed);
  });

  /** A call that is open at each of the two, as the errors with which it ends. */
  const openAtEach = async (app: App): Promise<readonly Promise<MeshError>[]> => {
    const unseen = new Set([one.pid, other.pid]);
    while (unseen.size > 0) unseen.delete(Number((await firstValueFrom(app.client(C).title('tt1'))).split(' ').at(-1)));
    const calls = ['x', 'y'].map((id) => failure(firstValueFrom(app.client(C).forever(id))));
    for (const each of [one, other]) await each.says(/^began [xy]$/);
    return calls;
  };

  it('one is killed with a call that has begun: that fails as Broken, and is not begun at the other', async () => {
    const app = await callerOf();
    const calls = await openAtEach(app);
    one.kill('SIGKILL');
    const error = await Promise.race(calls);
    expect(error).to.include({ tag: 'Broken', retry: 'idempotent' });
    expect(error.from).to.include(`:${one.port}`);
    for (let count = 0; count < 4; count++) {
      expect(await firstValueFrom(app.client(C).title('tt1'))).to.equal(`tt1 by ${other.pid}`);
    }
    expect(other.logged(/^began/)).to.have.length(1);
  });

  it('one is frozen: its calls are Late, keep-alive finds it, and the other serves all until it is back', async () => {
    const app = await callerOf({
      MILLRACE_RSOCKET_KEEP_ALIVE: '100 ms',
      MILLRACE_RSOCKET_KEEP_ALIVE_LIFETIME: '2 s',
      MILLRACE_DISCOVERY_RECONNECT: '50 ms',
    });
    const calls = await openAtEach(app);
    load = loadOf(app, C, { rows: ROWS, deadline: '300 ms', all: false });
    await load.answers(5, one.pid);
    const late = load.failure();
    one.kill('SIGSTOP');
    expect((await late).tag).to.equal('Late');
    const found = await Promise.race(calls);
    expect(found.tag).to.equal('Broken');
    expect(found.message).to.match(new RegExp(`:${one.port} was silent for \\d+ ms`));
    await load.answers(1, other.pid);
    const failed = load.failures.length;
    await load.answers(300, other.pid);
    expect(load.failures).to.have.length(failed);
    for (const { tag } of load.failures) expect(tag).to.be.oneOf(['Late', 'Broken']);
    one.kill('SIGCONT');
    await load.answers(20, one.pid);
    await load.stop();
    expect(load.failures).to.have.length(failed);
  });
});
