/** The program of a page that uses rsocket-js alone: its connector, and its client over WebSocket. */
import { type RSocket, RSocketConnector } from 'rsocket-core';
import { WebsocketClientTransport } from 'rsocket-websocket-client';

const ROUTING = 'message/x.rsocket.routing.v0';

/** Composite metadata of a route. */
function routed(route: string): Buffer {
  const [mime, tag] = [Buffer.from(ROUTING), Buffer.from(route)];
  const length = tag.length + 1;
  return Buffer.concat([Buffer.from([mime.length - 1]), mime, Buffer.from([0, 0, length, tag.length]), tag]);
}

/** Asks once, and reads `count` items in steps of ten. */
async function runStock(url: string, count: number): Promise<{ readonly echo: string; readonly items: string[] }> {
  const client = await new RSocketConnector({
    transport: new WebsocketClientTransport({ url, wsCreator: (at) => new WebSocket(at) }),
    setup: { metadataMimeType: 'message/x.rsocket.composite-metadata.v0', keepAlive: 10_000, lifetime: 60_000 },
  }).connect();
  const echo = await response(client, 'from a page ≈');
  const items = await stream(client, count);
  client.close();
  return { echo, items };
}

function response(client: RSocket, said: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.requestResponse(
      { data: Buffer.from(said), metadata: routed('echo') },
      {
        onNext: ({ data }) => resolve(String(data)),
        onError: reject,
        onComplete: () => reject(new Error('nothing came')),
        onExtension: () => undefined,
      },
    );
  });
}

function stream(client: RSocket, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const items: string[] = [];
    const reading = client.requestStream({ data: Buffer.from('1000'), metadata: routed('range') }, 10, {
      onNext({ data }) {
        items.push(String(data));
        if (items.length === count) {
          reading.cancel();
          resolve(items);
        } else if (items.length % 10 === 0) reading.request(10);
      },
      onError: reject,
      onComplete: () => resolve(items),
      onExtension: () => undefined,
    });
  });
}

Object.assign(globalThis, { runStock });
