/** The program of a page that reads a stream over a resumable connection, and may be frozen. */
import { connect, payload, routing, text, websocket } from 'millrace/rsocket/browser';

/** What the page has seen so far. */
const state = { came: 0, disorder: '', error: '', done: false };

/** Reads to the end, for ever one item after the other, and says what doesn't fit. */
async function read(url: string, count: number, lifetime: string): Promise<void> {
  const connection = await connect(websocket({ url }), { resume: true, keepAlive: '1 s', lifetime });
  try {
    for await (const item of connection.stream(payload(`${count}`, routing('range')))) {
      state.came += 1;
      const said = Number(text(item).split(' ')[0]);
      if (said !== state.came && state.disorder === '') state.disorder = `${said} came instead of ${state.came}`;
    }
    state.done = true;
  } catch (error) {
    const { tag, code, message } = error as { tag: string; code: string; message: string };
    state.error = `${tag} ${code} ${message}`;
  }
}

Object.assign(globalThis, { read, state });
