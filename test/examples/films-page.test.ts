import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { Catalogue } from '../../examples/films/contracts.js';
import { chromiumOnPath, launchChromium } from '../browser/chromium.js';
import { callerOf, type Films, first, startFilms } from './films-program.js';

/** Positions of the slider. */
const [STOPPED, HUNDRED, ALL] = ['0', '7', '14'];
const MiB = 2 ** 20;

describe("the films' page", function () {
  this.timeout(120_000);
  const complaints: string[] = [];
  let films: Films | undefined;
  let browser: Browser | undefined;
  let page: Page;
  let tab: CDPSession;

  before(async function () {
    const chromium = chromiumOnPath();
    if (chromium === undefined) return this.skip();
    [films, browser] = await Promise.all([startFilms(), launchChromium(chromium)]);
    page = await browser.newPage();
    tab = await page.context().newCDPSession(page);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (!message.text().includes('ERR_CONNECTION')) complaints.push(message.text());
    });
    await page.goto(films.page);
  });

  afterEach(() => expect(complaints.splice(0)).to.deep.equal([]));

  after(async () => {
    await browser?.close();
    await films?.end();
  });

  const read = (position = ''): Promise<void> => page.getByLabel('This page reads').fill(position);
  const shown = (): Promise<number> =>
    page.evaluate(() => Number(document.querySelector<HTMLElement>('.reader dl')?.dataset['shown']));
  const showsUpTo = async (count: number): Promise<void> => {
    const enough = (to: number): boolean =>
      Number(document.querySelector<HTMLElement>('.reader dl')?.dataset['shown']) >= to;
    await page.waitForFunction(enough, count, { timeout: 100_000 });
  };
  /** How many items each service has made and the next has not taken. */
  const waiting = (): Promise<number[]> =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('.hop')].map((hop) => Number(hop.dataset['waiting'])),
    );
  const nothingMoves = async (): Promise<void> => {
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.figures div:first-child b')].every(({ textContent }) => textContent === '0'),
    );
  };
  const resident = async (): Promise<number[]> => {
    const processes = (await films?.processes()) ?? [];
    return Promise.all(processes.map(({ pid = 0 }) => residentOf(pid)));
  };
  const heap = async (): Promise<number> => {
    await tab.send('HeapProfiler.collectGarbage');
    return (await tab.send('Runtime.getHeapUsage')).usedSize;
  };

  it('is called Millrace, and connects', async () => {
    expect(await page.title()).to.equal('Millrace');
    await page.getByText('connected to home').waitFor();
  });

  it('searches as one types', async () => {
    const field = page.getByLabel('Words of a title');
    await field.pressSequentially('godf');
    await page
      .locator('.film h3')
      .filter({ hasText: /^The Godfather$/ })
      .waitFor();
    await page.getByText(/^\d+ found\.$/).waitFor();
    for (const title of await page.locator('.film h3').allTextContents())
      expect(title.toLowerCase()).to.include('godf');
    await field.fill('nowhere to be found');
    await page.getByText('No title has “nowhere to be found” in it.').waitFor();
  });

  it('asks for films as the list is scrolled', async () => {
    await page.getByLabel('Words of a title').fill('the');
    await page.locator('.film').nth(9).waitFor();
    const before = await page.locator('.film').count();
    expect(before).to.be.below(30);
    await page.locator('#films').evaluate((list) => (list.scrollTop = list.scrollHeight));
    await page.locator('.film').nth(before).waitFor();
  });

  it('sends stars, and shows the score that they make', async () => {
    await page.getByLabel('Words of a title').fill('the dark knight');
    const film = page.locator('.film').filter({ has: page.getByText('The Dark Knight', { exact: true }) });
    const score = film.locator('.score');
    await film.waitFor();
    const before = await score.textContent();
    await film.locator('label').nth(0).click();
    await film.locator('.row.voted').waitFor();
    const worse = await score.textContent();
    expect(Number(worse)).to.be.below(Number(before));
    await film.locator('label').nth(4).click();
    await page.waitForFunction((was) => document.querySelector('.film .score')?.textContent !== was, worse);
    expect(Number(await score.textContent())).to.be.at.least(Number(before));
  });

  it('says what is played, and shows what is played most', async () => {
    const play = page.getByRole('button', { name: 'Play The Dark Knight' });
    await play.click();
    await play.click();
    await page
      .locator('.trends li')
      .filter({ hasText: /^The Dark Knight2 ×$/ })
      .waitFor();
  });

  it('makes everybody stand still at 0, with at most 255 items between two of them', async () => {
    await read(STOPPED);
    await nothingMoves();
    const before = await shown();
    const between = await waiting();
    console.log(`    at 0: ${between.join(', ')} items between the services`);
    for (const items of between) expect(items).to.be.within(0, 255);
    expect(await shown()).to.equal(before);
  });

  it('keeps within that bound at 100 a second', async () => {
    await read(HUNDRED);
    await page.evaluate(() => {
      const most = [0, 0, 0, 0];
      Object.assign(globalThis, { most });
      setInterval(() => {
        for (const [at, hop] of [...document.querySelectorAll<HTMLElement>('.hop')].entries())
          most[at] = Math.max(most[at] ?? 0, Number(hop.dataset['waiting']));
      }, 20);
    });
    const from = await shown();
    const began = performance.now();
    await showsUpTo(from + 500);
    const speed = Math.round(500_000 / (performance.now() - began));
    const most = await page.evaluate(() => (globalThis as unknown as { most: number[] }).most);
    console.log(`    at 100 a second (${speed}): at most ${most.join(', ')} items between the services`);
    expect(speed).to.be.below(130);
    for (const items of most) expect(items).to.be.below(256);
  });

  it('stays within it when it stops after having read as fast as it can, and needs no more memory for it', async () => {
    await read(ALL);
    await showsUpTo((await shown()) + 5000);
    const [before, tabBefore] = [await resident(), await heap()];
    await showsUpTo((await shown()) + 20_000);
    const [after, tabAfter] = [await resident(), await heap()];
    await read(STOPPED);
    await nothingMoves();
    const between = await waiting();
    const grown = after.map((bytes, at) => Math.round((bytes - (before[at] ?? 0)) / MiB));
    console.log(`    then at 0: ${between.join(', ')} items; 20,000 items later ${grown.join(', ')} MiB more in the`);
    console.log(`    services, ${((tabAfter - tabBefore) / MiB).toFixed(1)} MiB more in the tab`);
    for (const items of between) expect(items).to.be.within(0, 255);
    for (const more of grown) expect(more).to.be.below(64);
    expect(tabAfter - tabBefore).to.be.below(8 * MiB);
  });

  for (const name of ['ratings', 'home']) {
    it(`shows the error when ${name} is killed, and goes on by itself when it is started again`, async () => {
      await read(HUNDRED);
      await showsUpTo((await shown()) + 10);
      await page.getByRole('button', { name: `Kill ${name}` }).click();
      const notice = page.locator('#feed-notice');
      await notice.filter({ hasText: /^(Broken|Unavailable) / }).waitFor();
      await page.locator(`[data-hop=${name}]`).getByText('killed').waitFor();
      const before = await shown();
      await page.getByRole('button', { name: `Start ${name}` }).click();
      await showsUpTo(before + 10);
      await notice.waitFor({ state: 'hidden' });
      await page.getByText('connected to home').waitFor();
    });
  }

  for (const [width, height] of [
    [390, 844],
    [1440, 900],
  ] as const) {
    it(`fits a width of ${width} pixels`, async () => {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(width);
    });
  }

  it('is worked by the keyboard alone', async () => {
    const slider = page.getByLabel('This page reads');
    await slider.fill(STOPPED);
    await slider.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).to.equal('1 item a second');
    await slider.press('End');
    expect(await slider.getAttribute('aria-valuetext')).to.equal('as fast as it can');
    await slider.press('Home');
    expect(await slider.getAttribute('aria-valuetext')).to.equal('nothing');
    await slider.press('Tab');
    const focused = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);
    expect(await focused()).to.equal('Stop catalogue');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
    expect(outline).not.to.equal('none');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be read in ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      const contrasts = await page.evaluate(contrastsOfTexts);
      expect(contrasts.length).to.be.greaterThan(10);
      for (const { text, contrast } of contrasts) expect(contrast, text).to.be.at.least(4.5);
    });
  }

  it('moves nothing for who wants less motion', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await read(HUNDRED);
    await showsUpTo((await shown()) + 10);
    const turned = (): Promise<string> => page.locator('#wheel').evaluate((wheel) => wheel.style.transform);
    const before = await turned();
    await showsUpTo((await shown()) + 100);
    expect(await turned()).to.equal(before);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.waitForFunction((angle) => document.getElementById('wheel')?.style.transform !== angle, before);
  });

  it('ends the work of the farthest service when it is left', async () => {
    await read(HUNDRED);
    await showsUpTo((await shown()) + 10);
    const reader = await page.evaluate(() => document.documentElement.dataset['reader'] ?? '');
    const catalogue = callerOf(Catalogue, films?.addresses.catalogue ?? '');
    expect((await first(catalogue.flow({ reader }))).open).to.equal(true);
    await page.close();
    const { made } = await first(catalogue.flow({ reader }), ({ open }) => !open);
    expect((await first(catalogue.flow({ reader }))).made).to.equal(made);
  });
});

/** Bytes of a process that are in memory. */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** The contrast of each text with what is behind it (WCAG 2.2, 1.4.3); runs in the page. */
function contrastsOfTexts(): { text: string; contrast: number }[] {
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (start: Element): string => {
    for (let at: Element | null = start; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      const [, , , alpha = 1] = channels(backgroundColor);
      if (alpha === 1) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const leaves = [...document.querySelectorAll('main *, header *, footer *')].filter(
    (each) => each.childElementCount === 0 && each.textContent.trim() !== '' && each.checkVisibility(),
  );
  return leaves.map((leaf) => {
    const [one, other] = [luminance(getComputedStyle(leaf).color), luminance(behind(leaf))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return { text: leaf.textContent, contrast };
  });
}
