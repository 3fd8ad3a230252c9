import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { faultProxy, type FaultProxy, type Toxic, virtualClock } from 'millrace/testing';
import { thrown } from '../app/applications.js';
import { portOf } from '../rsocket/raw-peer.js';

/** Turns until something holds; what never does is the test's time limit's matter. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

/** How a connection ends: in order, or by a reset. */
function endOf(socket: Socket): Promise<'closed' | 'reset'> {
  return new Promise((resolve) => {
    socket.once('end', () => resolve('closed')).once('error', () => resolve('reset'));
  });
}

const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 31) & 0xff));

describe('a fault proxy', () => {
  const clock = virtualClock();
  let server: Server;
  let proxy: FaultProxy;
  /** The server's sides, in order of arrival. */
  let far: Socket[];
  const open: Socket[] = [];

  beforeEach(async () => {
    far = [];
    server = createServer({ allowHalfOpen: true }, (socket) => {
      far.push(socket.on('error', () => undefined));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await faultProxy({ to: { port: portOf(server.address()) }, clock, seed: 7 });
  });
  afterEach(async () => {
    for (const socket of [...open.splice(0), ...far]) socket.destroy();
    await proxy.close();
    server.close();
    await once(server, 'close');
    expect(clock.pending).to.equal(0);
  });

  /** A connection through the proxy: the client's side, what comes to it, and what comes to the server's. */
  const dial = async () => {
    const near = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true, noDelay: true });
    near.on('error', () => undefined);
    open.push(near);
    const at = far.length;
    await once(near, 'connect');
    await until(() => far.length > at);
    const there = far[at] as Socket;
    const came = { near: [] as Buffer[], far: [] as Buffer[] };
    near.on('data', (chunk: Buffer) => came.near.push(chunk));
    there.on('data', (chunk: Buffer) => came.far.push(chunk));
    return {
      near,
      far: there,
      pieces: () => came.far.map((each) => each.length),
      atNear: () => Buffer.concat(came.near),
      atFar: () => Buffer.concat(came.far),
    };
  };

  it('passes on bytes and ends, in both directions and each by itself', async () => {
    const { near, far, atNear, atFar } = await dial();
    const much = pattern(3_000_000);
    near.write(much);
    far.write('down');
    await until(() => atFar().length === much.length && atNear().length === 4);
    expect(atFar().equals(much)).to.equal(true);
    near.end();
    await once(far, 'end');
    far.end('still here');
    await once(near, 'end');
    expect(atNear().toString()).to.equal('downstill here');
    await until(() => proxy.connections === 0);
    expect(proxy.counts).to.deep.equal({
      accepted: 1,
      passed: 3_000_014,
      swallowed: 0,
      corrupted: 0,
      closed: 0,
      reset: 0,
    });
  });

  it('lets a sender wait for a reader that does not read', async () => {
    const { near, far, atFar } = await dial();
    far.pause();
    let sent = 0;
    while (near.write(pattern(64 * 1024)) || near.writableLength < 64 * 1024) sent += 64 * 1024;
    await nextTurn();
    expect(proxy.counts.passed).to.be.lessThan(20_000_000);
    far.resume();
    await until(() => near.writableLength === 0 && atFar().length >= sent);
  });

  it('holds everything up by its latency, and nothing overtakes', async () => {
    const remove = proxy.add({ kind: 'latency', latency: '100 ms', jitter: '50 ms', direction: 'up' });
    const { near, far, atNear, atFar } = await dial();
    far.write('at once');
    await until(() => atNear().length === 7);
    for (let each = 0; each < 10; each++) {
      near.write(Buffer.from([each]));
      await until(() => clock.pending > 0);
      await nextTurn();
    }
    expect(atFar()).to.have.length(0);
    await clock.advance(49);
    await nextTurn();
    expect(atFar()).to.have.length(0);
    await clock.advance(101);
    await until(() => atFar().length === 10);
    expect([...atFar()]).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    remove();
    near.write('!');
    await until(() => atFar().length === 11);
  });

  it('passes no more than its bandwidth', async () => {
    proxy.add({ kind: 'bandwidth', rate: '1 kB', direction: 'up' });
    const { near, atFar } = await dial();
    near.write(pattern(3000));
    await until(() => clock.pending > 0);
    for (let second = 1; second <= 3; second++) {
      await clock.advance(1000);
      await until(() => atFar().length >= second * 1000 - 20);
      expect(atFar().length).to.be.at.most(second * 1000);
    }
    await clock.advance(1);
    await until(() => atFar().length === 3000);
    expect(atFar().equals(pattern(3000))).to.equal(true);
  });

  it('cuts what comes into pieces', async () => {
    proxy.add({ kind: 'slicer', size: [1, 10], delay: '1 ms', direction: 'up' });
    const { near, atFar, pieces } = await dial();
    near.write(pattern(200));
    await until(() => clock.pending > 0);
    while (atFar().length < 200) {
      await clock.advance(1);
      await nextTurn();
    }
    expect(atFar().equals(pattern(200))).to.equal(true);
    expect(Math.max(...pieces())).to.be.at.most(10);
  });

  it('flips bits at the same places for the same seed, however the bytes come', async () => {
    proxy.add({ kind: 'corrupt', every: [50, 150], direction: 'up' });
    const places = async (sizes: readonly number[]): Promise<number[]> => {
      const once = await faultProxy({ to: { port: portOf(server.address()) }, seed: 3 });
      once.add({ kind: 'corrupt', every: [50, 150], direction: 'up' });
      const at = far.length;
      const near = connect({ port: once.port, host: once.host, noDelay: true });
      open.push(near);
      await until(() => far.length > at);
      const came: Buffer[] = [];
      (far[at] as Socket).on('data', (chunk: Buffer) => came.push(chunk));
      let start = 0;
      for (const size of sizes) {
        near.write(Buffer.alloc(size));
        start += size;
        await until(() => Buffer.concat(came).length === start);
      }
      await once.close();
      return [...Buffer.concat(came)].flatMap((byte, index) => (byte === 0 ? [] : [index]));
    };
    const whole = await places([5000]);
    expect(whole.length).to.be.within(5000 / 150 - 1, 5000 / 50);
    expect(await places([1, 999, 3000, 1000])).to.deep.equal(whole);
  });

  for (const reset of [false, true]) {
    it(`${reset ? 'resets' : 'closes'} a connection once so many bytes have passed`, async () => {
      proxy.add({ kind: 'limit_data', bytes: 1000, direction: 'up', reset });
      const { near, atFar } = await dial();
      const gone = endOf(near);
      near.write(pattern(600));
      await until(() => atFar().length === 600);
      near.write(pattern(600));
      expect(await gone).to.equal(reset ? 'reset' : 'closed');
      expect(proxy.counts[reset ? 'reset' : 'closed']).to.equal(1);
      expect(proxy.counts.passed).to.equal(1000);
    });
  }

  it('chooses each connection’s bytes by its seed', async () => {
    proxy.add({ kind: 'limit_data', bytes: [100, 10_000], direction: 'up' });
    const other = await faultProxy({ to: { port: portOf(server.address()) }, seed: 7 });
    other.add({ kind: 'limit_data', bytes: [100, 10_000], direction: 'up' });
    const limits = async (through: FaultProxy): Promise<number[]> => {
      const seen: number[] = [];
      for (let each = 0; each < 5; each++) {
        const before = through.counts.passed;
        const near = connect(through.port, through.host).on('error', () => undefined);
        near.write(pattern(20_000));
        await endOf(near);
        seen.push(through.counts.passed - before);
      }
      return seen;
    };
    const here = await limits(proxy);
    expect(await limits(other)).to.deep.equal(here);
    expect(new Set(here).size).to.equal(5);
    await other.close();
  });

  it('concerns as many connections as its chance says', async () => {
    proxy.add({ kind: 'timeout', chance: 0.5 });
    const passing: boolean[] = [];
    for (let each = 0; each < 40; each++) {
      const { near, atFar } = await dial();
      const { swallowed } = proxy.counts;
      near.write('x');
      await until(() => atFar().length === 1 || proxy.counts.swallowed > swallowed);
      passing.push(atFar().length === 1);
    }
    expect(passing.filter((each) => each).length).to.be.within(10, 30);
  });

  it('swallows everything, and closes the connection after the timeout', async () => {
    proxy.add({ kind: 'timeout', timeout: '5 s' });
    const { near, atFar } = await dial();
    near.write('lost');
    await until(() => proxy.counts.swallowed === 4);
    const gone = endOf(near);
    await clock.advance(5000);
    expect(await gone).to.equal('closed');
    expect(atFar()).to.have.length(0);
  });

  it('resets a connection at once, or after a while', async () => {
    const { near } = await dial();
    const gone = endOf(near);
    proxy.add({ kind: 'reset_peer', timeout: '1 s' });
    await clock.advance(1000);
    expect(await gone).to.equal('reset');
    expect(proxy.counts.reset).to.equal(1);
  });

  it('tells neither side of the other’s end while it is half open', async () => {
    const { near, far, atNear } = await dial();
    const remove = proxy.add({ kind: 'half_open' });
    let told = false;
    near.on('end', () => (told = true)).on('close', () => (told = true));
    far.write('lost');
    await until(() => proxy.counts.swallowed === 4);
    far.destroy();
    near.write('is anybody there');
    await until(() => proxy.counts.swallowed === 20);
    expect(told).to.equal(false);
    expect(atNear()).to.have.length(0);
    const gone = endOf(near);
    remove();
    expect(await gone).to.equal('reset');
  });

  it('tells the end later', async () => {
    proxy.add({ kind: 'slow_close', delay: '3 s' });
    const { near, far, atFar } = await dial();
    let ended = false;
    far.on('end', () => (ended = true));
    near.end('bye');
    await until(() => atFar().length === 3 && clock.pending > 0);
    expect(ended).to.equal(false);
    await clock.advance(3000);
    await until(() => ended);
  });

  it('plays a script', async () => {
    const playing = proxy.play([
      { at: '1 s', add: { kind: 'timeout' }, for: '1 s' },
      { at: '3 s', cut: 'reset' },
      { at: '4 s', down: '1 s' },
    ]);
    const { near, atFar } = await dial();
    await clock.advance(1000);
    near.write('lost');
    await until(() => proxy.counts.swallowed === 4);
    await clock.advance(1000);
    near.write('here');
    await until(() => atFar().toString() === 'here');
    const gone = endOf(near);
    await clock.advance(1000);
    expect(await gone).to.equal('reset');
    await clock.advance(1000);
    const refused = connect(proxy.port, proxy.host);
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
    await clock.until(playing);
    await dial();
  });

  it('refuses what makes no sense, and says what', async () => {
    const refused = async (toxic: object) => (await thrown(() => proxy.add(toxic as Toxic))).message;
    expect(await refused({ kind: 'flood' })).to.equal('flood: there is no such toxic');
    expect(await refused({ kind: 'latency', latency: 'soon' })).to.match(/^latency: .*a duration/);
    expect(await refused({ kind: 'latency', latency: 1, chance: 2 })).to.match(/^latency: .*from 0 to 1/);
    expect(await refused({ kind: 'slicer', size: 0 })).to.match(/^slicer: 0 to 0 bytes is no range of 1 or more/);
    expect(await refused({ kind: 'slicer', size: [9, 3] })).to.match(/^slicer: 9 to 3 bytes/);
    expect(await refused({ kind: 'timeout', direction: 'left' })).to.match(/^timeout: no direction 'left'/);
  });
});
