import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { chromiumOnPath, launchChromium } from '../browser/chromium.js';
import { type Child, startChild } from '../child.js';

describe('the gauge in a browser', function () {
  this.timeout(60_000);
  let server: Child | undefined;
  let browser: Browser | undefined;

  afterEach(async () => {
    await browser?.close();
    server?.kill('SIGKILL');
    await server?.ended;
  });

  const pages = { 'with millrace/browser': '', 'with rsocket-js': 'rsocket-js.html' };

  for (const [how, path] of Object.entries(pages))
    it(`reads a stream as its reader asks, ${how}`, async function () {
      const chromium = chromiumOnPath();
      if (chromium === undefined) return this.skip();
      server = startChild('examples/browser-client/server.js', [], { PORT: '0' });
      const [, address = ''] = await server.line(/^the page is at (\S+)$/);
      browser = await launchChromium(chromium);
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => complaints.push(message.text()));
      await page.goto(address + path);
      const level = page.locator('#level');
      for (const expected of ['200 cm', '216 cm', '231 cm']) {
        await level.getByText(expected).waitFor();
        await page.getByRole('button').click();
      }
      expect(complaints).to.deep.equal([]);
    });
});
