/**
 * Hystrix's event streams over HTTP, as its dashboard and Turbine read them: server-sent events of what commands did.
 * Source: Hystrix 1.5, HystrixSampleSseServlet and its kin.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, count, duration, meshError, param, type Param, type Stop, systemClock } from '../core/index.js';
import type { HystrixSource } from './command-view.js';
import { configEvents, dashboardEvents, type HystrixEvent, utilizationEvents } from './hystrix-events.js';

export const HYSTRIX_STREAMS = param(
  'hystrix.streams',
  5,
  count,
  'Readers that each of the Hystrix streams may have at once; one more gets 503.',
);

export const HYSTRIX_STALL = param(
  'hystrix.stall',
  60_000,
  duration,
  'Milliseconds for which a reader of a Hystrix stream may read nothing before it is cut off.',
);

export const HYSTRIX_PARAMS: readonly Param<number>[] = [HYSTRIX_STREAMS, HYSTRIX_STALL];

export interface HystrixStreamOptions {
  readonly clock?: Clock;
  /** Where {@link HYSTRIX_PARAMS} are looked up, each time; their defaults where left out. */
  readonly settings?: <T>(param: Param<T>) => T;
}

/** The streams, for an HTTP server that there is already. */
export interface HystrixStreams {
  /** Answers a request for one of the paths; says whether it was one. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Ends all that are open; who asks from now on gets 503. */
  close(): void;
}

interface Kind {
  /** Milliseconds between two samples, unless the request's `delay` says so. */
  readonly delay: number;
  events(source: HystrixSource, wall: number): Iterable<HystrixEvent>;
}

/** The paths, as everybody who has Hystrix has them; the last is Spring's. */
const DASHBOARD: Kind = { delay: 500, events: dashboardEvents };
const KINDS: Readonly<Record<string, Kind>> = {
  '/hystrix.stream': DASHBOARD,
  '/hystrix/config.stream': { delay: 5000, events: configEvents },
  '/hystrix/utilization.stream': { delay: 500, events: utilizationEvents },
  '/actuator/hystrix.stream': DASHBOARD,
};

/** Milliseconds between two signs of life. */
const PING = 500;
/** Who asks for samples more often, or more seldom, gets these. */
const LEAST_DELAY = 50;
const MOST_DELAY = 60_000;

/**
 * The streams of `source` under `/hystrix.stream`, `/hystrix/config.stream` and `/hystrix/utilization.stream`. A reader that is slow
 * misses samples; nothing is kept for it but one.
 */
export function hystrixStreams(source: HystrixSource, options: HystrixStreamOptions = {}): HystrixStreams {
  const { clock = systemClock, settings = ({ initial }) => initial } = options;
  const readers = new Map<Kind, Set<Reader>>();
  let closed = false;

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const kind = Object.hasOwn(KINDS, path) ? KINDS[path] : undefined;
    if (kind === undefined) return false;
    const of = readers.get(kind) ?? new Set();
    readers.set(kind, of);
    const most = settings(HYSTRIX_STREAMS);
    if (request.method !== 'GET') refuse(response.setHeader('allow', 'GET'), 405, 'Only GET is answered here.');
    else if (closed) refuse(response, 503, 'Service has been shut down.');
    else if (of.size >= most) refuse(response, 503, `MaxConcurrentConnections reached: ${most}`);
    else open(kind, of, delayOf(query, kind.delay), response);
    return true;
  }

  function open(kind: Kind, of: Set<Reader>, delay: number, response: ServerResponse): void {
    const sample = (): string => textOf(kind.events(source, clock.wall()));
    const reader = new Reader(response, sample, delay, clock, () => settings(HYSTRIX_STALL));
    of.add(reader);
    response.once('close', () => {
      reader.stop();
      of.delete(reader);
    });
  }

  function close(): void {
    closed = true;
    for (const of of readers.values()) for (const reader of of) reader.end();
  }

  return { handle, close };
}

/** One reader: samples and signs of life for as long as it takes them. */
class Reader {
  private readonly stops: Stop[];
  private stall: Stop | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly sample: () => string,
    delay: number,
    private readonly clock: Clock,
    private readonly patience: () => number,
  ) {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream;charset=UTF-8',
      'Cache-Control': 'no-cache, no-store, max-age=0, must-revalidate',
      Pragma: 'no-cache',
    });
    response.on('drain', () => {
      this.stall?.();
      this.stall = undefined;
    });
    // A reader that resets its connection is gone, which 'close' says as well.
    response.on('error', () => undefined);
    this.write('ping: \n\n');
    this.tell();
    this.stops = [clock.every(PING, () => this.write('ping: \n\n')), clock.every(delay, () => this.tell())];
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.stall?.();
  }

  end(): void {
    this.stop();
    this.response.end();
  }

  private tell(): void {
    if (this.stall === undefined) this.write(this.sample());
  }

  /** Writes where the last was taken; from then on until it is, nothing more. */
  private write(text: string): void {
    if (this.stall !== undefined || text === '' || this.response.write(text)) return;
    this.stall = this.clock.after(this.patience(), () => this.response.destroy());
  }
}

export interface HystrixServerOptions extends HystrixStreamOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: this machine alone, `127.0.0.1`. */
  readonly host?: string;
}

export interface HystrixServer {
  /** `127.0.0.1:7979`. */
  readonly address: string;
  /** Ends all streams, and resolves when the server is closed. */
  close(): Promise<void>;
}

/** A server of these streams and nothing else. Rejects with Unavailable where the place is taken. */
export async function serveHystrix(source: HystrixSource, options: HystrixServerOptions): Promise<HystrixServer> {
  const { port, host = '127.0.0.1' } = options;
  const streams = hystrixStreams(source, options);
  const server = createServer({ maxHeaderSize: HEADER_BYTES, requestTimeout: REQUEST_TIME }, (request, response) => {
    request.resume();
    if (!streams.handle(request, response)) refuse(response, 404, 'The streams are at /hystrix.stream.');
  });
  server.maxConnections = CONNECTIONS;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw meshError('Unavailable', `Hystrix's streams can't be served at ${host}:${port}: ${why}`, { cause });
  }
  const { port: taken } = server.address() as AddressInfo;
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async close() {
      const done = once(server, 'close');
      streams.close();
      server.close();
      server.closeAllConnections();
      await done;
    },
  };
}

const HEADER_BYTES = 16_384;
const REQUEST_TIME = 10_000;
const CONNECTIONS = 64;

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain;charset=UTF-8', 'Content-Length': text.length });
  response.end(text);
}

function textOf(events: Iterable<HystrixEvent>): string {
  let text = '';
  for (const event of events) text += `data: ${JSON.stringify(event)}\n\n`;
  return text;
}

function delayOf(query: string, otherwise: number): number {
  const given = new URLSearchParams(query.slice(0, LONGEST_QUERY)).get('delay') ?? '';
  if (!/^\d{1,9}$/.test(given)) return otherwise;
  return Math.min(MOST_DELAY, Math.max(LEAST_DELAY, Number(given)));
}

const LONGEST_QUERY = 1024;
