import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import {
  callOf,
  commandMeter,
  Commands,
  HYSTRIX_STREAMS,
  type HystrixServer,
  type HystrixSource,
  hystrixStreams,
  meshError,
  type Param,
  Params,
  serveHystrix,
} from 'millrace';
import { virtualClock } from 'millrace/testing';
import { defer, of, throwError } from 'rxjs';
import { failure } from '../app/applications.js';
import { COMMAND_SHAPE, CONFIG_SHAPE, POOL_SHAPE, shapeOf, UTILIZATION_SHAPE } from '../unit/observe/hystrix-shapes.js';
import { answerTo, EventReader } from './event-reader.js';

/** Commands that have been called: three times well, once badly, once refused. */
function called(commands = new Commands()): Commands {
  const errors = [undefined, undefined, undefined, meshError('Defect', 'oops')];
  for (const error of [...errors, meshError('Rejected', 'no', { code: 'MILLRACE_BREAKER' })]) {
    const service = commandMeter(commands)<undefined, number>(() =>
      defer(() => (error === undefined ? of(1) : throwError(() => error))),
    );
    service(callOf({ interaction: 'response', method: 'films.title', request: undefined })).subscribe({
      error: () => undefined,
    });
  }
  return commands;
}

const settingsOf =
  (params: Params) =>
  <T>(param: Param<T>): T =>
    params.get(param);

describe("Hystrix's event streams", () => {
  let server: HystrixServer;
  const readers: EventReader[] = [];
  const start = async (source: HystrixSource = called(), options: object = {}): Promise<void> => {
    server = await serveHystrix(source, { port: 0, ...options });
  };
  const read = async (path: string): Promise<EventReader> => {
    const reader = await EventReader.open(`http://${server.address}${path}`);
    readers.push(reader);
    return reader;
  };
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await server.close();
  });

  it('tell of each command and pool, field by field as Hystrix does', async () => {
    await start();
    const reader = await read('/hystrix.stream');
    await reader.until(() => reader.events.length >= 2);
    const [command, pool] = reader.events;
    expect(shapeOf(command)).to.deep.equal(COMMAND_SHAPE);
    expect(Object.keys(command ?? {})).to.deep.equal(Object.keys(COMMAND_SHAPE));
    expect(shapeOf(pool)).to.deep.equal(POOL_SHAPE);
    expect(Object.keys(pool ?? {})).to.deep.equal(Object.keys(POOL_SHAPE));
    expect(command).to.deep.include({
      type: 'HystrixCommand',
      name: 'films.title',
      group: 'films',
      isCircuitBreakerOpen: true,
      errorPercentage: 25,
      errorCount: 1,
      requestCount: 4,
      rollingCountSuccess: 3,
      rollingCountFailure: 1,
      rollingCountShortCircuited: 1,
      reportingHosts: 1,
      threadPool: 'films',
    });
    expect(pool).to.include({ type: 'HystrixThreadPool', name: 'films', rollingCountThreadsExecuted: 4 });
  });

  it('have the headers that Hystrix sends', async () => {
    await start();
    const { response } = await read('/hystrix.stream');
    expect(response.statusCode).to.equal(200);
    expect(response.headers).to.include({
      'content-type': 'text/event-stream;charset=UTF-8',
      'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
      pragma: 'no-cache',
    });
  });

  it('tell of what is set, and of what is at work, in streams of their own', async () => {
    await start();
    const config = await read('/hystrix/config.stream');
    await config.until(() => config.events.length > 0);
    expect(shapeOf(config.events[0])).to.deep.equal(CONFIG_SHAPE);
    const utilization = await read('/hystrix/utilization.stream');
    await utilization.until(() => utilization.events.length > 0);
    expect(shapeOf(utilization.events[0])).to.deep.equal(UTILIZATION_SHAPE);
  });

  it('go on, with signs of life between, as often as the reader wants', async () => {
    await start();
    const reader = await read('/hystrix.stream?delay=50');
    await reader.until(() => reader.events.length >= 8 && reader.pings >= 2);
    const times = reader.events.filter(({ type }) => type === 'HystrixCommand').map(({ currentTime }) => currentTime);
    expect(times).to.deep.equal([...times].sort());
  });

  it('have so many readers and no more, each for itself, and a place again when one has gone', async () => {
    await start(called(), { settings: settingsOf(Params.empty.with(HYSTRIX_STREAMS, 2)) });
    const first = await read('/hystrix.stream');
    await read('/hystrix.stream');
    const refused = await answerTo(`http://${server.address}/hystrix.stream`);
    expect(refused.statusCode).to.equal(503);
    expect(await textOf(refused)).to.equal('MaxConcurrentConnections reached: 2');
    expect((await read('/hystrix/config.stream')).response.statusCode).to.equal(200);
    first.close();
    for (;;) {
      const again = await answerTo(`http://${server.address}/hystrix.stream`);
      again.destroy();
      if (again.statusCode === 200) return;
    }
  });

  it('are nothing else', async () => {
    await start();
    const url = `http://${server.address}`;
    expect((await answerTo(`${url}/`)).statusCode).to.equal(404);
    expect((await answerTo(`${url}/__proto__`)).statusCode).to.equal(404);
    expect((await answerTo(`${url}/hystrix.stream?delay=soon&delay=1`)).statusCode).to.equal(200);
    const posted = request(`${url}/hystrix.stream`, { method: 'POST', agent: false });
    posted.end();
    const [response] = await once(posted, 'response');
    expect(response.statusCode).to.equal(405);
    response.resume();
  });

  it('end with their server', async () => {
    await start();
    const reader = await read('/hystrix.stream');
    await server.close();
    await (reader.response.closed ? undefined : once(reader.response, 'close'));
    await start();
  });

  it('say that a place is taken', async () => {
    await start();
    const port = Number(server.address.split(':')[1]);
    const error = await failure(serveHystrix(called(), { port }));
    expect(error).to.include({ tag: 'Unavailable' });
    expect(error.message).to.include(`127.0.0.1:${port}`);
  });
});

describe("a reader of Hystrix's streams", () => {
  const clock = virtualClock();
  let server: Server;
  /** The answers that the server has begun. */
  const answers: ServerResponse[] = [];
  const start = async (source: HystrixSource): Promise<number> => {
    const streams = hystrixStreams(source, { clock });
    server = createServer((asked, response) => {
      answers.push(response);
      streams.handle(asked, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  afterEach(() => {
    answers.length = 0;
    server.close();
  });

  it('that reads nothing misses samples, of which none is kept for it, and is cut off in the end', async () => {
    let sampled = 0;
    const many = Array.from({ length: 500 }, () => [...called().commands()]).flat();
    const commands = (): typeof many => {
      sampled += 1;
      return many;
    };
    const socket = connect(await start({ commands, pools: () => [] }), '127.0.0.1');
    socket.pause();
    socket.write('GET /hystrix.stream HTTP/1.1\r\nhost: a\r\n\r\n');
    await once(server, 'request');
    for (let same = 0, before = -1; same < 20; same = sampled === before ? same + 1 : 0) {
      before = sampled;
      await clock.advance(500);
    }
    const taken = sampled;
    await clock.advance(30_000);
    expect(sampled).to.equal(taken);
    const [answer] = answers;
    const cut = answer === undefined ? undefined : once(answer, 'close');
    await clock.advance(31_000);
    await cut;
    expect(clock.pending).to.equal(0);
    socket.destroy();
  });

  it('leaves nothing running when it goes', async () => {
    const reader = await EventReader.open(`http://127.0.0.1:${await start(called())}/hystrix.stream`);
    await reader.until(() => reader.events.length > 0);
    expect(clock.pending).to.equal(2);
    const [answer] = answers;
    const gone = answer === undefined ? undefined : once(answer, 'close');
    reader.close();
    await gone;
    expect(clock.pending).to.equal(0);
  });
});

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response) text += String(part);
  return text;
}
