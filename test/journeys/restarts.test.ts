import { expect } from 'chai';
import { addresses, type App, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { applications } from '../app/applications.js';
import { type Load, loadOf } from './load.js';
import { type Program, processes } from './processes.js';
import { stationOf } from './station.js';

const C = stationOf('c');

describe('three instances of a service under load', () => underLoad(false));
describe('three resumable instances of a service under load', () => underLoad(true));

function underLoad(resume: boolean): void {
  const env = resume ? { MILLRACE_RSOCKET_RESUME: 'true' } : {};
  const { start } = processes();
  const startApp = applications();
  let instances: Program[];
  let app: App;
  let load: Load | undefined;

  beforeEach(async () => {
    instances = await Promise.all(['0', '0', '0'].map((port) => start('station', ['c', port], env)));
    app = await startApp(
      mesh()
        .over(tcp())
        .configure({ 'rsocket.resume': resume })
        .in(addresses(...instances.map(({ address }) => address))),
    );
  });
  afterEach(() => load?.stop());

  it('are each ended by SIGTERM and started again without one failed call', async () => {
    load = loadOf(app, C);
    for (const { pid } of instances) await load.answers(5, pid);
    let handled = 0;
    const end = async (instance: Program): Promise<void> => {
      instance.kill('SIGTERM');
      expect(await instance.ended, instance.errors()).to.equal(0);
      const [line] = instance.logged('handled');
      handled += line?.handled ?? Number.NaN;
      expect(instance.logged('stopped')).to.have.length(1);
      expect(instance.errors()).to.equal('');
    };
    for (const [at, instance] of [...instances].entries()) {
      const before = load.answered;
      await end(instance);
      const again = await start('station', ['c', String(instance.port)], env);
      instances[at] = again;
      await load.answers(20, again.pid);
      expect(load.answered).to.be.greaterThan(before);
    }
    await load.stop();
    expect(load.failures).to.deep.equal([]);
    expect(load.read).to.be.greaterThan(10);
    expect(load.said).to.be.greaterThan(10);
    await app.stop();
    for (const instance of instances) await end(instance);
    expect(handled).to.equal(load.sent);
    console.log(
      `    ${load.answered} calls, ${load.read} streams, ${load.said} channels and ${load.sent} fire-and-forgets over three restarts`,
    );
  }).timeout(120_000);

  it('are all ended at once, with every call either answered or refused as not begun', async () => {
    load = loadOf(app, C, { deadline: '300 ms' });
    for (const { pid } of instances) await load.answers(5, pid);
    for (const instance of instances) instance.kill('SIGTERM');
    for (const instance of instances) expect(await instance.ended).to.equal(0);
    await load.stop();
    for (const { tag } of load.failures) expect(tag).to.be.oneOf(['Unavailable', 'Rejected', 'Late']);
    expect(load.failures.map(({ tag }) => tag)).to.include('Late');
  }).timeout(120_000);
}
