import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { asMeshError } from 'millrace';
import { connect, tcp } from 'millrace/rsocket';
import { lastValueFrom } from 'rxjs';
import { Catalogue, FEED_LENGTH, type FeedItem, Home, Supervisor } from '../../examples/films/contracts.js';
import { Speed } from '../../examples/films/speed.js';
import { startChild } from '../child.js';
import { portOf } from '../rsocket/raw-peer.js';
import { callerOf, type Films, first, isThere, startFilms } from './films-program.js';

const reader = 'a test';

describe('the films', function () {
  this.timeout(60_000);
  let films: Films | undefined;
  const start = async (): Promise<Films> => (films = await startFilms());

  afterEach(async () => {
    await films?.end();
    films = undefined;
  });

  it('find films by words of their titles, with scores, as many as are read', async () => {
    const { addresses } = await start();
    const found: string[] = [];
    for await (const { title, score } of callerOf(Home, addresses.home).search({ text: 'lord OF the' })) {
      expect(score).to.be.within(1, 5);
      found.push(title);
      if (found.length === 3) break;
    }
    expect(found.every((title) => title.startsWith('The Lord of the Rings'))).to.equal(true);
    const { title } = await first(callerOf(Home, addresses.home).search({ text: 'amelie' }));
    expect(title).to.equal("Le Fabuleux destin d'Amélie Poulain");
  });

  it('say that there is no such film as a failure of the contract', async () => {
    const { addresses } = await start();
    const error: unknown = await lastValueFrom(callerOf(Catalogue, addresses.catalogue).film({ id: 'none' })).catch(
      (reason: unknown) => reason,
    );
    expect(Catalogue.failed(error, 'NoSuchFilm') && error.detail).to.deep.equal({ id: 'none' });
  });

  it('pass a feed of ten million through four services, none more than 255 items ahead of the next', async () => {
    const { addresses } = await start();
    const home = callerOf(Home, addresses.home);
    let read = 0;
    let longest = 0;
    for await (const item of home.feed({ reader, from: 0 })) {
      expect(item.n).to.equal(read);
      read += 1;
      longest = Math.max(longest, JSON.stringify(item satisfies FeedItem).length);
      if (read < 5000) continue;
      const made = new Map<string, number>();
      // Nothing is read meanwhile: what was asked for comes to rest.
      let still = 0;
      await first(home.flows({ reader }), ({ hop, made: now }) => {
        still = made.get(hop) === now ? still + 1 : 0;
        made.set(hop, now);
        return still > 12;
      });
      const counts = [...['catalogue', 'ratings', 'playback', 'home'].map((hop) => made.get(hop) ?? 0), read];
      const ahead = counts.slice(1).map((count, at) => (counts[at] ?? 0) - count);
      console.log(`    made and not taken, hop by hop: ${ahead.join(', ')}; the longest item has ${longest} bytes`);
      for (const items of ahead) expect(items).to.be.within(0, 255);
      expect(longest * 256).to.be.below(2 ** 20);
      break;
    }
    const { made, open } = await first(callerOf(Catalogue, addresses.catalogue).flow({ reader }), (flow) => !flow.open);
    expect(open, 'the caller has left, and so has the source').to.equal(false);
    const later = await first(callerOf(Catalogue, addresses.catalogue).flow({ reader }));
    expect(later.made).to.equal(made);
  });

  it('go on with the feed from where a reader was, up to the end', async () => {
    const { addresses } = await start();
    const read: number[] = [];
    for await (const { n } of callerOf(Home, addresses.home).feed({ reader, from: FEED_LENGTH - 3 })) read.push(n);
    expect(read).to.deep.equal([FEED_LENGTH - 3, FEED_LENGTH - 2, FEED_LENGTH - 1]);
  });

  it('kill, stop and start a service', async () => {
    const { addresses, processes } = await start();
    const supervisor = callerOf(Supervisor, addresses.supervisor);
    const pidOf = async (): Promise<number> => (await processes()).find(({ name }) => name === 'playback')?.pid ?? 0;
    for (const way of ['kill', 'stop'] as const) {
      const before = await pidOf();
      await lastValueFrom(supervisor[way]({ name: 'playback' }), { defaultValue: undefined });
      expect(isThere(before)).to.equal(false);
      const [gone] = (await processes()).filter(({ name }) => name === 'playback');
      expect(gone?.state).to.equal(way === 'kill' ? 'killed' : 'stopped');
      await lastValueFrom(supervisor.start({ name: 'playback' }), { defaultValue: undefined });
      expect(await pidOf()).not.to.be.oneOf([0, before]);
      expect(await first(callerOf(Home, addresses.home).trending())).to.deep.equal([]);
    }
  });

  it('say that a service has crashed', async () => {
    const { program, processes } = await start();
    const { pid = 0 } = (await processes()).find(({ name }) => name === 'ratings') ?? {};
    process.kill(pid, 'SIGKILL');
    await program.line(new RegExp(`^ratings \\(process ${pid}\\) has ended with SIGKILL; start it again on the page$`));
    expect((await processes()).find(({ name }) => name === 'ratings')?.state).to.equal('crashed');
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`end with all their processes at ${signal}, in order`, async () => {
      const { program, processes } = await start();
      const pids = (await processes()).map(({ pid = 0 }) => pid);
      expect(pids.map(isThere)).to.deep.equal([true, true, true, true]);
      program.kill(signal);
      await program.line(/^all is stopped$/);
      expect(await program.ended, program.errors()).to.equal(0);
      expect(pids.map(isThere)).to.deep.equal([false, false, false, false]);
      expect(program.errors()).to.equal('');
    });
  }

  it('leave nobody behind when the program itself is killed', async () => {
    const { program, addresses } = await start();
    const names = ['catalogue', 'ratings', 'playback'] as const;
    const there = await Promise.all(names.map((name) => connect(tcp({ port: portIn(addresses[name]) }))));
    program.kill('SIGKILL');
    await program.ended;
    const ends = there.map(({ closed }) => lastValueFrom(closed, { defaultValue: 'closed' }).catch(asMeshError));
    expect(await Promise.all(ends)).to.have.length(3);
    films = undefined;
  });

  it('take the next port for one that is taken, and say so', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = portOf(taken.address());
    const program = startChild('examples/films/main.js', ['--port', String(port)]);
    try {
      await program.line(new RegExp(`^port ${port} is taken$`));
      const [, found] = await program.line(/the page +http:\/\/127\.0\.0\.1:(\d+)\/$/);
      expect(Number(found)).to.be.above(port);
    } finally {
      program.kill('SIGTERM');
      taken.close();
      expect(await program.ended).to.equal(0);
    }
  });

  for (const [words, complaint] of [
    [['--port', 'seven'], /^films: .*seven/],
    [['--colour', 'blue'], /^films: Unknown option '--colour'/],
  ] as const) {
    it(`refuse ${words.join(' ')}`, async () => {
      const program = startChild('examples/films/main.js', words);
      expect(await program.ended).to.equal(1);
      expect(program.errors()).to.match(complaint);
    });
  }

  it('serve the page and nothing else, to itself alone', async () => {
    const { page, addresses } = await start();
    const answer = await fetch(page);
    expect(await answer.text()).to.include('<title>Millrace</title>');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).to.include("default-src 'none'").and.include(addresses.home).and.include(addresses.supervisor);
    expect((await fetch(`${page}../contracts.ts`)).status).to.equal(404);
    expect((await fetch(page, { method: 'POST' })).status).to.equal(405);
    const foreign = await fetch(addresses.supervisor.replace('ws:', 'http:'), {
      headers: { origin: 'http://elsewhere.example' },
    });
    expect(foreign.status).to.equal(426);
  });
});

describe('a speed of bursts', () => {
  it('is that of their mean, and nothing once they stop', () => {
    const speed = new Speed(0);
    for (let at = 0; at <= 3000; at += 100) speed.look(at, Math.floor(at / 500) * 50);
    expect(speed.perSecond(3000)).to.equal(100);
    expect(speed.perSecond(3900)).to.equal(100);
    expect(speed.perSecond(4300)).to.equal(0);
  });

  it('is nothing a second after the only one', () => {
    const speed = new Speed(0);
    speed.look(0, 32);
    expect(speed.perSecond(900)).to.equal(32);
    expect(speed.perSecond(1100)).to.equal(0);
  });
});

function portIn(address: string): number {
  return Number(new URL(address).port);
}
