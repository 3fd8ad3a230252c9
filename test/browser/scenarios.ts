/** What a page or a worker does with a connection. Runs in the browser; the results go to the test as JSON. */
import { connect, type Connection, payload, routing, text, websocket } from 'millrace/rsocket/browser';
import { catchError, firstValueFrom, lastValueFrom, map, of, throwError, toArray } from 'rxjs';

export type Scenario = keyof typeof scenarios;

const scenarios = {
  async response(connection: Connection) {
    const answer = await firstValueFrom(connection.response(payload('from the browser ≈', routing('echo'))));
    return text(answer.data);
  },

  async large(connection: Connection) {
    const data = Uint8Array.from({ length: 2 ** 20 }, (_, n) => n * 31);
    const answer = await firstValueFrom(connection.response(payload(data, routing('echo'))));
    return answer.data.length === data.length && answer.data.every((byte, n) => byte === data[n]);
  },

  /** Reads ten items and stands still, with the stream open. */
  async stand(connection: Connection) {
    const items = connection.stream(payload('', routing('count')))[Symbol.asyncIterator]();
    const read: string[] = [];
    while (read.length < 10) read.push(text((await items.next()).value?.data));
    await firstValueFrom(connection.response(payload('', routing('echo'))));
    return read;
  },

  /** Reads all of a stream. */
  async range(connection: Connection) {
    let last = '';
    let count = 0;
    for await (const { data } of connection.stream(payload('5000', routing('range')))) {
      last = text(data);
      count += 1;
    }
    return { count, last };
  },

  /** Leaves a stream after ten items. */
  async leave(connection: Connection) {
    const read: string[] = [];
    for await (const { data } of connection.stream(payload('', routing('count'))))
      if (read.push(text(data)) === 10) break;
    return read;
  },

  async cancel(connection: Connection) {
    connection
      .response(payload('', routing('never')))
      .subscribe()
      .unsubscribe();
    return text((await firstValueFrom(connection.response(payload('after', routing('echo'))))).data);
  },

  async channel(connection: Connection) {
    const words = ['a', 'slow', 'river'].map((word, n) => payload(word, n === 0 ? routing('shout') : undefined));
    const answers: string[] = [];
    for await (const { data } of connection.channel(words)) answers.push(text(data));
    return answers;
  },

  async errors(connection: Connection) {
    const failures = ['denied', 'defect', 'nowhere'].map((route) =>
      firstValueFrom(connection.response(payload('', routing(route)))).then(
        () => 'no error',
        (error: { tag: string; code: string; message: string }) => [error.tag, error.code, error.message],
      ),
    );
    return Promise.all(failures);
  },

  async unreachable() {
    return connect(websocket({ url: 'ws://127.0.0.1:1/' })).then(
      () => 'connected',
      (error: { tag: string }) => error.tag,
    );
  },

  /** Reads a stream where no demand can be seen: Millrace warns of it, and goes on. */
  async ungated(connection: Connection) {
    return text((await lastValueFrom(connection.stream(payload('5', routing('range'))))).data);
  },

  /** Is called by the server, and pushed to. */
  async called(connection: Connection) {
    const pushed = firstValueFrom(connection.pushes);
    const answer = await firstValueFrom(connection.response(payload('', routing('call me'))));
    return [text(answer.data), text(await pushed)];
  },

  /** Sees the server's refusal. */
  async refused(connection: Connection) {
    return lastValueFrom(
      connection.closed.pipe(
        catchError((error: { tag: string; message: string }) => of([error.tag, error.message])),
        toArray(),
      ),
    );
  },
};

const standing: Connection[] = [];

/** Runs a scenario on a connection of its own, closed afterwards where nothing stands open on it. */
export async function runScenario(url: string, name: Scenario): Promise<unknown> {
  const connection = await connect(websocket({ url }), {
    responder: ({ request }) =>
      'data' in request
        ? of(payload(`the browser heard ${text(request.data)}`))
        : throwError(() => new Error('no streams')),
    setup: { data: payload(name).data },
  });
  const result = await scenarios[name](connection);
  if (name === 'stand') standing.push(connection);
  else
    connection
      .close()
      .pipe(map(() => undefined))
      .subscribe({ error: () => undefined });
  return result;
}
