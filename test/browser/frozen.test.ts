import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { virtualClock } from 'millrace/testing';
import type { Browser } from 'playwright-core';
import { chromiumOnPath, launchChromium } from './chromium.js';
import { Freezer, type FrozenOptions, frozenSite } from './frozen.js';
import type { Site } from './server.js';

const COUNT = 30_000;

describe('a page that is frozen for ten minutes while it reads', function () {
  this.timeout(120_000);
  let browser: Browser | undefined;
  let site: Site;
  let freezer: Freezer | undefined;

  before(async function () {
    const chromium = chromiumOnPath();
    if (chromium === undefined) return this.skip();
    site = await frozenSite();
    browser = await launchChromium(chromium);
  });
  afterEach(async () => {
    await freezer?.close();
    freezer = undefined;
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  const open = async (options: FrozenOptions = {}): Promise<Freezer> => {
    if (browser === undefined) throw new Error('there is no browser');
    freezer = await Freezer.of(browser, site, options);
    return freezer;
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await nextTurn();
  };

  it('loses its socket after the lifetime, and no item: it goes on where it was', async () => {
    const clock = virtualClock();
    const tab = await open({ clock });
    await tab.read(COUNT);
    const before = await tab.heap();
    await tab.freeze();
    await clock.advance(4000);
    expect(tab.proxy.connections).to.equal(1);
    await clock.advance(2000);
    await until(() => tab.proxy.connections === 0);
    await clock.advance(600_000);
    expect(tab.sessions).to.equal(1);
    const { passed } = tab.proxy.counts;
    await tab.wake();
    expect(await tab.end()).to.deep.equal({ came: COUNT, disorder: '', error: '', done: true });
    expect(tab.proxy.counts.accepted).to.equal(2);
    expect(tab.proxy.counts.passed).to.be.greaterThan(2 * passed);
    expect((await tab.heap()) - before).to.be.lessThan(8 * 2 ** 20);
  });

  it('is told what it lost where the server has not kept enough', async () => {
    const clock = virtualClock();
    const tab = await open({ clock, size: 1000, limits: { resumeBytes: '16 KiB' } });
    await tab.read(COUNT);
    // What the server sends from now on is lost, as when a network is changed.
    const remove = tab.proxy.add({ kind: 'timeout', direction: 'down' });
    await until(() => tab.proxy.counts.swallowed > 64 * 1024);
    await tab.freeze();
    await clock.advance(600_000);
    await until(() => tab.proxy.connections === 0);
    remove();
    await tab.wake();
    const { error, done, disorder } = await tab.end();
    expect({ done, disorder }).to.deep.equal({ done: false, disorder: '' });
    expect(error).to.match(/^Broken MILLRACE_RESUME .*the client has had \d+ bytes, those from \d+ to \d+ are here/);
  });

  it('finds out at once, when it comes back, that its socket leads nowhere', async () => {
    const tab = await open();
    await tab.read(COUNT, '10 min');
    const remove = tab.proxy.add({ kind: 'half_open' });
    await until(() => tab.proxy.counts.swallowed > 0);
    await tab.page.evaluate('dispatchEvent(new Event("online"))');
    // It leaves that socket, and dials another; that one leads nowhere either until the cable is back.
    await until(() => tab.proxy.counts.accepted > 1);
    remove();
    expect(await tab.end()).to.deep.equal({ came: COUNT, disorder: '', error: '', done: true });
  });
});
