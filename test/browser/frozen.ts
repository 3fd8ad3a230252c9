/** A page that is frozen while it reads a stream, its network between, and the server that it reads from. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromIterable } from 'millrace';
import { type Limits, listen, payload, type Server, text, websocket } from 'millrace/rsocket';
import { faultProxy, type FaultProxy, type VirtualClock } from 'millrace/testing';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { map } from 'rxjs';
import { over } from '../conformance/scene.js';
import { bundle } from './bundle.js';
import { type Site, startSite } from './server.js';

/** What the page has seen. */
export interface Seen {
  readonly came: number;
  readonly disorder: string;
  readonly error: string;
  readonly done: boolean;
}

export interface FrozenOptions {
  /** The server's. */
  readonly clock?: VirtualClock;
  readonly limits?: Partial<Record<keyof Limits, number | string>>;
  /** Bytes of an item. */
  readonly size?: number;
}

export class Freezer {
  private constructor(
    readonly page: Page,
    readonly proxy: FaultProxy,
    private readonly server: Server,
    private readonly devtools: CDPSession,
    private readonly clock: VirtualClock | undefined,
  ) {}

  static async of(browser: Browser, site: Site, { clock, limits, size = 1 }: FrozenOptions): Promise<Freezer> {
    const filling = ' '.repeat(size);
    const server = await listen(
      websocket({ port: 0 }),
      ({ request }) => {
        if ('subscribe' in request) return request;
        const count = Number(text(request.data));
        return fromIterable(range(count)).pipe(map((n) => payload(`${n}${filling}`)));
      },
      {
        resume: true,
        grace: 0,
        limits: { resumeTime: '15 min', ...limits },
        ...(clock === undefined ? {} : { clock }),
      },
    );
    const proxy = await faultProxy({ to: server.address });
    const page = await browser.newPage();
    await page.goto(site.origin);
    return new Freezer(page, proxy, server, await page.context().newCDPSession(page), clock);
  }

  get sessions(): number {
    return this.server.connections;
  }

  /** Begins to read so many items; resolves once the first thousand have come. */
  async read(count: number, lifetime = '4 s'): Promise<void> {
    const url = `ws://${this.proxy.host}:${this.proxy.port}`;
    await this.page.evaluate(`void read(${JSON.stringify(url)}, ${count}, '${lifetime}')`);
    await this.page.waitForFunction('state.came > 1000 || state.error !== ""');
  }

  /**
   * Stops the page, with its timers and its socket's events, until it wakes. A page's life cycle freezes pages that are hidden only,
   * and headless Chromium hides none; its debugger stops any.
   */
  async freeze(): Promise<void> {
    await this.devtools.send('Debugger.enable');
    const paused = new Promise<void>((resolve) => this.devtools.once('Debugger.paused', () => resolve()));
    await this.devtools.send('Debugger.pause');
    await paused;
  }

  async wake(): Promise<void> {
    await this.devtools.send('Debugger.resume');
    await this.devtools.send('Debugger.disable');
  }

  /** Once the page has all, or an error. */
  async end(): Promise<Seen> {
    await this.page.waitForFunction('state.done || state.error !== ""', undefined, { timeout: 60_000 });
    return this.page.evaluate<Seen>('state');
  }

  /** Bytes in use by the page's program, once the rest has been collected. */
  async heap(): Promise<number> {
    await this.devtools.send('HeapProfiler.collectGarbage');
    return (await this.devtools.send('Runtime.getHeapUsage')).usedSize;
  }

  async close(): Promise<void> {
    await this.devtools.send('Debugger.disable');
    await this.page.close();
    await this.proxy.close();
    let closed = false;
    const closing = over(this.server.close()).finally(() => (closed = true));
    // Its sockets close in their own time, and its timers in the clock's.
    for (; this.clock !== undefined && !closed; await nextTurn()) await this.clock.advance(100);
    await closing;
  }
}

export async function frozenSite(): Promise<Site> {
  const program = await bundle('test/browser/frozen-page.js');
  return startSite({
    '/': '<!doctype html><title>millrace</title><script src="/page.js"></script>',
    '/page.js': program,
    '/favicon.ico': '',
  });
}

function* range(count: number): Generator<number> {
  for (let n = 1; n <= count; n++) yield n;
}
