import { expect } from 'chai';
import { addresses, type App, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, type Subscription } from 'rxjs';
import { applications } from '../app/applications.js';
import { type Program, processes } from './processes.js';
import { stationOf } from './station.js';

const C = stationOf('c');

describe('a program', function () {
  this.timeout(60_000);
  const { start, spawn } = processes();
  const startApp = applications();
  const callerOf = ({ address }: Program): Promise<App> => startApp(mesh().over(tcp()).in(addresses(address)));
  const withHealth = { MILLRACE_HEALTH_PORT: '0' };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with 0 at ${signal}, and says so`, async () => {
      const program = await start('station', ['c', '0']);
      program.kill(signal);
      expect(await program.ended).to.equal(0);
      expect(program.lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).to.deep.equal([
        'ready',
        'stopping',
        'handled',
        'stopped',
      ]);
      expect(program.errors()).to.equal('');
    });
  }

  describe('with a call that is open', () => {
    let program: Program;
    let app: App;
    let call: Subscription;

    beforeEach(async () => {
      program = await start('station', ['c', '0', '--app.grace=20 s'], withHealth);
      app = await callerOf(program);
      call = app
        .client(C)
        .forever('work')
        .subscribe({ error: () => undefined });
      await program.says('began work');
      program.kill('SIGTERM');
      expect(await program.says('stopping')).to.deep.include({ open: { 'c.forever': 1 } });
    });

    it('says by HTTP that it stops and is not ready, and ends when the call has', async () => {
      const health = healthOf(program);
      const ready = await fetch(`${health}/readyz`);
      expect(ready.status).to.equal(503);
      expect(await ready.json()).to.include({ state: 'stopping' });
      expect((await fetch(`${health}/livez`)).status).to.equal(200);
      call.unsubscribe();
      expect(await program.ended).to.equal(0);
      expect(program.logged('left work')).to.have.length(1);
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`ends at once with 1 at a second signal, ${signal}, and says what it has abandoned`, async () => {
        program.kill(signal);
        expect(await program.ended).to.equal(1);
        expect(program.errors()).to.equal(`c: ended by a second ${signal}; abandoned: c.forever × 1\n`);
      });
    }
  });

  it('that npm runs takes what npm passes on of a Ctrl-C for the same', async () => {
    const program = await start('station', ['c', '0', '--app.grace=20 s'], { npm_lifecycle_event: 'start' });
    const app = await callerOf(program);
    const call = app
      .client(C)
      .forever('work')
      .subscribe({ error: () => undefined });
    await program.says('began work');
    program.kill('SIGINT');
    program.kill('SIGINT');
    await program.says('stopping');
    call.unsubscribe();
    expect(await program.ended, program.errors()).to.equal(0);
  });

  it('ends a call that outlasts the grace, and then itself with 0', async () => {
    const program = await start('station', ['c', '0', '--app.grace=100 ms']);
    const app = await callerOf(program);
    app
      .client(C)
      .forever('work')
      .subscribe({ error: () => undefined });
    await program.says('began work');
    program.kill('SIGTERM');
    expect(await program.ended).to.equal(0);
    expect(program.logged('left work')).to.have.length(1);
  });

  describe('that is told to end while it starts', () => {
    it('starts what it has begun to, stops it, and ends with 0', async () => {
      const child = spawn('slow-starter');
      await child.line(/engine starts/);
      child.kill('SIGTERM');
      child.kill('SIGUSR2');
      expect(await child.ended, child.errors()).to.equal(0);
      const said = child.lines.join('\n');
      expect(said).to.match(/engine runs[^]*engine stops/);
      // It may have started before it was told.
      expect(child.errors()).to.match(/^(?:.*: told to end, which it does once it has started; .*\n)?$/);
    });

    it('ends at once with 1 when it is told twice', async () => {
      const child = spawn('slow-starter');
      await child.line(/engine starts/);
      child.kill('SIGTERM');
      child.kill('SIGINT');
      expect(await child.ended).to.equal(1);
      expect(child.errors()).to.match(/: ended by a second SIG(?:INT|TERM); abandoned: its start\n$/);
    });

    it('ends with 1 when the start fails', async () => {
      const child = spawn('slow-starter', ['fail']);
      await child.line(/engine starts/);
      child.kill('SIGTERM');
      child.kill('SIGUSR2');
      expect(await child.ended).to.equal(1);
      expect(child.errors()).to.match(/could not start: Engine could not start: no steam\n$/);
    });
  });

  describe('that can not start', () => {
    it('says which place is taken, and ends with 1', async () => {
      const first = await start('station', ['c', '0']);
      const second = spawn('station', ['c', String(first.port)]);
      expect(await second.ended).to.equal(1);
      expect(second.errors()).to.match(
        new RegExp(`^.* could not start: cannot listen at tcp://127\\.0\\.0\\.1:${first.port}: .*EADDRINUSE.*\\n$`),
      );
    });

    it('says each thing that is wrong in its configuration, and ends with 1', async () => {
      const child = spawn('station', ['c', '0', '--log.levle=debug'], { MILLRACE_APP_GRACE: 'soon' });
      expect(await child.ended).to.equal(1);
      const [first = '', ...others] = child.errors().trimEnd().split('\n');
      expect(first).to.match(/^.* could not start: /);
      const all = [first, ...others].join('\n');
      expect(all).to.include("environment MILLRACE_APP_GRACE: app.grace: 'soon' is not a duration such as");
      expect(all).to.match(/flag --log\.levle: .*--log\.level/);
    });

    it('says which address no wire reaches, and ends with 1', async () => {
      const child = spawn('station', ['b', '0', 'c', 'localhost:7001']);
      expect(await child.ended).to.equal(1);
      expect(child.errors()).to.match(/could not start: 'localhost:7001' is not an address such as/);
    });
  });

  it('that is asked for its configuration prints it and starts nothing', async () => {
    const child = spawn('slow-starter', ['--app.grace=3 s'], {
      MILLRACE_COMMAND: 'config',
      MILLRACE_LOG_LEVEL: 'warn',
    });
    expect(await child.ended, child.errors()).to.equal(0);
    const report = child.lines.join('\n');
    expect(report).to.match(/app\.grace +3 s +flag --app\.grace/);
    expect(report).to.match(/log\.level +warn +environment MILLRACE_LOG_LEVEL/);
    expect(report).not.to.include('engine');
  });

  it('that serves nothing lives while the one that it calls is away, until it is told to end', async () => {
    const gone = await start('station', ['c', '0']);
    gone.kill('SIGKILL');
    await gone.ended;
    const long = { MILLRACE_DISCOVERY_PATIENCE: '1 min', MILLRACE_CALL_DEADLINE: '1 min' };
    const caller = await start('caller', ['c', gone.address], long);
    const back = await start('station', ['c', String(gone.port)]);
    await caller.says(`heard tt1 by ${back.pid}`);
    back.kill('SIGTERM');
    expect(await back.ended).to.equal(0);
    caller.kill('SIGTERM');
    expect(await caller.ended, caller.errors()).to.equal(0);
  });

  it('that stops itself ends by itself', async () => {
    const station = await start('station', ['c', '0']);
    const caller = await start('caller', ['c', station.address, '--', '--once']);
    await caller.says('stopped');
    expect(await caller.ended, caller.errors()).to.equal(0);
  });

  it('serves again at a place that it has left a moment ago', async () => {
    const first = await start('station', ['c', '0']);
    const app = await callerOf(first);
    await firstValueFrom(app.client(C).title('tt1'));
    first.kill('SIGKILL');
    expect(await first.ended).to.equal('SIGKILL');
    const second = await start('station', ['c', String(first.port)]);
    expect(await firstValueFrom(app.client(C).title('tt1'))).to.equal(`tt1 by ${second.pid}`);
  });
});

function healthOf(program: Program): string {
  const [line] = program.logged('ready');
  return line?.health ?? '';
}
