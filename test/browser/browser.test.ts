import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { bundle } from './bundle.js';
import { chromiumOnPath, launchChromium } from './chromium.js';
import type { Scenario } from './scenarios.js';
import { type Site, startSite } from './server.js';

const client = 'transports/rsocket/browser.js';

describe("the browser's client", function () {
  this.timeout(60_000);

  it('bundles without anything of Node', async () => {
    const text = await bundle(client, 'esm');
    expect(text).not.to.match(/['"`]node:|\bprocess\.|\brequire\(|\bimport\(/);
    const zipped = gzipSync(text).length;
    console.log(`    bundle: ${text.length} bytes, ${zipped} bytes gzipped, RxJS included`);
    expect(zipped).to.be.below(40_000);
  });

  describe('in Chromium', () => {
    const complaints: string[] = [];
    let site: Site;
    let browser: Browser | undefined;
    let page: Page;

    before(async function () {
      const chromium = chromiumOnPath();
      if (chromium === undefined) return this.skip();
      const [pageProgram, workerProgram] = await Promise.all(
        ['page.js', 'worker.js'].map((name) => bundle(`test/browser/${name}`)),
      );
      site = await startSite({
        '/': '<!doctype html><title>millrace</title><script src="/page.js"></script>',
        '/page.js': pageProgram ?? '',
        '/worker.js': workerProgram ?? '',
        '/favicon.ico': '',
      });
      browser = await launchChromium(chromium);
      page = await browser.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(site.origin);
    });

    beforeEach(() => {
      complaints.length = 0;
      site.produced = 0;
    });

    afterEach(() => expect(complaints).to.deep.equal([]));

    after(async () => {
      await browser?.close();
      await site?.close();
    });

    for (const [where, runner] of [
      ['a page', 'runInPage'],
      ['a worker', 'runInWorker'],
    ] as const) {
      describe(`in ${where}`, () => {
        const run = (name: Scenario): Promise<unknown> =>
          page.evaluate(
            ([runner, url, name]) =>
              (globalThis as unknown as Record<string, (url: string, name: string) => unknown>)[runner]?.(url, name),
            [runner, site.url, name] as const,
          );

        it('gets a response', async () => {
          expect(await run('response')).to.equal('from the browser ≈');
        });

        it('carries a megabyte both ways', async () => {
          expect(await run('large')).to.equal(true);
        });

        it('holds the server when its reader stands still', async () => {
          expect(await run('stand')).to.deep.equal(firstTen);
          expect(site.produced).to.be.within(10, 10 + 255);
        });

        it('reads a long stream to its end', async () => {
          expect(await run('range')).to.deep.equal({ count: 5_000, last: '5000' });
        });

        it('warns of a stream that is read without demand, and reads it', async () => {
          expect(await run('ungated')).to.equal('5');
        });

        it('cancels a stream that its reader leaves', async () => {
          const left = site.left();
          expect(await run('leave')).to.deep.equal(firstTen);
          expect(await left).to.equal('count');
        });

        it('cancels a response', async () => {
          const left = site.left();
          expect(await run('cancel')).to.equal('after');
          expect(await left).to.equal('never');
        });

        it('talks on a channel', async () => {
          expect(await run('channel')).to.deep.equal(['A', 'SLOW', 'RIVER']);
        });

        it('gets errors by their tags', async () => {
          expect(await run('errors')).to.deep.equal([
            ['Denied', 'MEMBERS_ONLY', 'not for you'],
            ['Defect', 'MILLRACE_DEFECT', 'internal error'],
            ['Unknown', 'MILLRACE_UNKNOWN', 'no route nowhere'],
          ]);
        });

        it('answers the server, and hears its push', async () => {
          expect(await run('called')).to.deep.equal(['the browser heard the server', 'a push']);
        });

        it('is told that the server refused it', async () => {
          expect(await run('refused')).to.deep.equal([['Rejected', 'not today']]);
        });

        it('finds nobody where nobody listens', async () => {
          expect(await run('unreachable')).to.equal('Unavailable');
        });
      });
    }
  });
});

const firstTen = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];
