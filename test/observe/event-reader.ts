/** A reader of server-sent events over a real connection, as a dashboard is one. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

export interface Event {
  readonly [name: string]: unknown;
}

/** Reads the events of a stream, one block after another; a block without data is no event. */
export class EventReader {
  readonly events: Event[] = [];
  /** Lines that begin with `ping:`. */
  pings = 0;
  private rest = '';
  private woken: () => void = () => undefined;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.read(text));
    response.on('close', () => this.woken());
    response.on('error', () => undefined);
  }

  static async open(url: string): Promise<EventReader> {
    return new EventReader(await answerTo(url));
  }

  /** Resolves once `done` holds of what was read. */
  async until(done: () => boolean): Promise<void> {
    while (!done() && !this.response.closed) await new Promise<void>((wake) => (this.woken = wake));
    if (!done()) throw new Error('the stream ended before');
  }

  close(): void {
    this.response.destroy();
  }

  private read(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block === 'ping: ') this.pings += 1;
      else if (block.startsWith('data: ')) this.events.push(JSON.parse(block.slice(6)) as Event);
      else throw new Error(`what is ${block}?`);
    }
    this.woken();
  }
}

/** The head of an answer to GET; its body has not been read. */
export async function answerTo(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return response;
}
