/** Many items over a resumable connection that is cut again and again, at bytes that chance chooses. */
import { consume, fromIterable } from 'millrace';
import { connect, listen, payload, tcp, text, type Transport, websocket } from 'millrace/rsocket';
import { faultProxy } from 'millrace/testing';
import { ignoreElements, tap } from 'rxjs';
import { over } from '../conformance/scene.js';

export interface CutOptions {
  readonly by: 'TCP' | 'WebSocket';
  readonly model: 'stream' | 'channel';
  readonly items: number;
  readonly cuts: number;
  readonly seed: number;
}

export interface CutFigures {
  /** Items that came in order, each once, up to the first that didn't. */
  readonly inOrder: number;
  /** Items that came. */
  readonly came: number;
  readonly cuts: number;
  readonly dials: number;
  readonly milliseconds: number;
}

const transports: Readonly<Record<CutOptions['by'], (port: number) => Transport>> = {
  TCP: (port) => tcp({ port }),
  WebSocket: (port) => websocket({ port }),
};

/** Bytes of an item with all that is around it, about. */
const ITEM = 18;

/** Sends the numbers from 0 on a stream down, or up a channel, and cuts each connection after a number of bytes that chance chooses. */
export async function runCuts({ by, model, items, cuts, seed }: CutOptions): Promise<CutFigures> {
  const begun = performance.now();
  const place = transports[by];
  let came = 0;
  let inOrder = 0;
  const seen = (said: string): void => {
    if (inOrder === came && said === String(came)) inOrder += 1;
    came += 1;
    if (proxy.counts.closed + proxy.counts.reset >= cuts) remove();
  };
  const numbers = fromIterable(function* () {
    for (let n = 0; n < items; n++) yield payload(String(n));
  });
  const server = await listen(
    place(0),
    ({ request }) => {
      if (!('subscribe' in request)) return numbers;
      return request.pipe(
        tap((item) => seen(text(item))),
        ignoreElements(),
      );
    },
    { resume: true, grace: 0 },
  );
  const proxy = await faultProxy({ to: server.address, seed });
  const most = Math.floor((items * ITEM) / cuts);
  const remove = proxy.add({
    kind: 'limit_data',
    bytes: [0, most],
    direction: model === 'stream' ? 'down' : 'up',
    reset: seed % 2 === 0,
  });
  const client = await connect(place(proxy.port), { resume: true });
  const asked = model === 'stream' ? client.stream(payload('numbers')) : client.channel(numbers);
  await consume(asked, (item) => seen(text(item)));
  const { closed, reset, accepted } = proxy.counts;
  await over(client.close());
  await over(server.close());
  await proxy.close();
  return { inOrder, came, cuts: closed + reset, dials: accepted, milliseconds: performance.now() - begun };
}

/** Each way, with its seed. */
export function cutWays(items: number, cuts: number): CutOptions[] {
  return (['TCP', 'WebSocket'] as const).flatMap((by, at) =>
    (['stream', 'channel'] as const).map((model, and) => ({ by, model, items, cuts, seed: 1 + at * 2 + and })),
  );
}
