import { expect } from 'chai';
import { chromiumOnPath, launchChromium } from './chromium.js';
import { bundle } from './bundle.js';
import { startSite } from './server.js';

describe('rsocket-js alone in a page of Chromium', function () {
  this.timeout(60_000);

  it('calls our server over WebSocket, and reads a stream in steps', async function () {
    const chromium = chromiumOnPath();
    if (chromium === undefined) return this.skip();
    const site = await startSite({
      '/': '<!doctype html><title>rsocket-js</title><script src="/page.js"></script>',
      '/page.js': await bundle('test/browser/stock-page.js', 'iife', ['buffer-global']),
      '/favicon.ico': '',
    });
    const browser = await launchChromium(chromium);
    try {
      const page = await browser.newPage();
      await page.goto(site.origin);
      const said = await page.evaluate(`runStock('${site.url}', 55)`);
      const items = Array.from({ length: 55 }, (_, at) => `${at + 1}`);
      expect(said).to.deep.equal({ echo: 'from a page ≈', items });
    } finally {
      await browser.close();
      await site.close();
    }
  });
});
