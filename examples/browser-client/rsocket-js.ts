/** A page that knows nothing of Millrace: rsocket-js reads the gauge, one level for each press of the button. */
import { RSocketConnector } from 'rsocket-core';
import { WebsocketClientTransport } from 'rsocket-websocket-client';

const [level, next] = ['level', 'next'].map((id) => document.getElementById(id));

/** Composite metadata with one entry, the route. */
function routed(route: string): Buffer {
  const [mime, tag] = [Buffer.from('message/x.rsocket.routing.v0'), Buffer.from(route)];
  const length = tag.length + 1;
  return Buffer.concat([Buffer.from([mime.length - 1]), mime, Buffer.from([0, 0, length, tag.length]), tag]);
}

const url = document.body.dataset['address'] ?? '';
const client = await new RSocketConnector({
  transport: new WebsocketClientTransport({ url, wsCreator: (address) => new WebSocket(address) }),
  setup: {
    dataMimeType: 'application/json',
    metadataMimeType: 'message/x.rsocket.composite-metadata.v0',
    keepAlive: 20_000,
    lifetime: 90_000,
  },
}).connect();

const levels = client.requestStream({ data: Buffer.alloc(0), metadata: routed('gauge.levels') }, 1, {
  onNext({ data }) {
    if (level !== undefined && level !== null) level.textContent = `${String(data)} cm`;
  },
  onError: (error) => console.error(error),
  onComplete: () => undefined,
  onExtension: () => undefined,
});
next?.addEventListener('click', () => levels.request(1));
