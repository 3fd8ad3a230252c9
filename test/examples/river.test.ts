import { expect } from 'chai';
import { type Child, startChild } from '../child.js';

const anyPort = { RIVER_SOURCE_PORT: '0', RIVER_MIDDLE_PORT: '0', RIVER_EDGE_PORT: '0' };
const line =
  /^pace \d+\/s: produced (\d+) \(\+\d+\), read (\d+) \(\+\d+\), in flight (\d+) \(source→middle (\d+), middle→edge (\d+), edge→reader (\d+)\)$/;

/** Items that a hop may hold: its window, and one in a service's hands. */
const hop = 64 + 1;

describe('the river', function () {
  this.timeout(30_000);
  const children: Child[] = [];
  const start = (env: NodeJS.ProcessEnv): Child => {
    const child = startChild('examples/river/main.js', [], { ...anyPort, RIVER_TICK: '50 ms', ...env });
    children.push(child);
    return child;
  };

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  for (const paces of ['20', '5000', '1000 20 3000']) {
    it(`produces at most ${hop} items a hop ahead of a reader at ${paces} items a second`, async () => {
      const child = start({ RIVER_PACES: paces, RIVER_HOLD: '200 ms' });
      let latest = 0;
      for (let lines = 0; lines < 15 || latest === 0; lines++) {
        const [, produced = 0, read = 0, inFlight, ...hops] = (await child.line(line)).map(Number);
        expect(inFlight).to.equal(produced - read);
        expect(hops).to.have.length(3);
        for (const held of hops) expect(held).to.be.at.most(hop);
        expect(read).to.be.at.least(latest);
        latest = read;
      }
      child.kill('SIGTERM');
      expect(await child.ended, child.errors()).to.equal(0);
      expect(child.errors()).to.equal('');
    });
  }

  it('says where it listens, and drains at SIGINT', async () => {
    const child = start({});
    for (const place of [/^source at tcp:\/\/127\.0\.0\.1:\d+$/, /^middle at tcp:/, /^edge at ws:/])
      await child.line(place);
    await child.line(line);
    child.kill('SIGINT');
    await child.line(/^drained: produced \d+, read \d+$/);
    expect(await child.ended, child.errors()).to.equal(0);
  });

  it('says which port is taken', async () => {
    const [, port = ''] = await start({}).line(/^middle at tcp:\/\/127\.0\.0\.1:(\d+)$/);
    const second = start({ RIVER_MIDDLE_PORT: port });
    expect(await second.ended).to.equal(1);
    expect(second.errors()).to.equal(
      `river: cannot listen at tcp://127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
    );
  });

  it('says which setting it cannot read', async () => {
    const child = start({ RIVER_EDGE_PORT: '70000' });
    expect(await child.ended).to.equal(1);
    expect(child.errors()).to.equal('river: RIVER_EDGE_PORT=70000: a port is 65535 at most\n');
  });
});
