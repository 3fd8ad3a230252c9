/** Calls of all kinds, one behind the other in several rows, until they are stopped; and what became of them. */
import { type App, asMeshError, iterate, type MeshError } from 'millrace';
import { filter, firstValueFrom, lastValueFrom, Subject } from 'rxjs';
import type { Station } from './station.js';

export interface Load {
  /** Calls that were answered. */
  readonly answered: number;
  /** Streams that were read to their end. */
  readonly read: number;
  /** Channels on which each item came back. */
  readonly said: number;
  /** Fire-and-forgets that were sent. */
  readonly sent: number;
  readonly failures: readonly MeshError[];
  /** Resolves when so many more calls have been answered, by any process or by this one. */
  answers(count: number, pid?: number): Promise<void>;
  /** Resolves with the next failure. */
  failure(): Promise<MeshError>;
  /** Begins no more calls, and resolves when those that are open have ended. */
  stop(): Promise<void>;
}

/** Items of each stream. */
const ITEMS = 100;

export interface LoadOptions {
  readonly rows?: number;
  /** Of each call. */
  readonly deadline?: string;
  /** Streams, channels and fire-and-forgets, too. Default true. */
  readonly all?: boolean;
}

export function loadOf(app: App, contract: Station, options: LoadOptions = {}): Load {
  const { rows = 12, deadline, all = true } = options;
  const client = deadline === undefined ? app.client(contract) : app.client(contract).with({ deadline });
  const tally = { answered: 0, read: 0, said: 0, sent: 0 };
  const failures: MeshError[] = [];
  const answers = new Subject<string>();
  const failing = new Subject<MeshError>();
  let stopped = false;

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const known = asMeshError(error);
      failures.push(known);
      failing.next(known);
    }
  };
  const title = async (): Promise<void> => {
    const answer = await firstValueFrom(client.title('tt1'));
    tally.answered += 1;
    answers.next(answer);
  };
  const page = async (): Promise<void> => {
    let count = 0;
    for await (const item of iterate(client.page(ITEMS))) if (item === count) count += 1;
    if (count !== ITEMS) throw new Error(`a stream ended after ${count} of ${ITEMS} items`);
    tally.read += 1;
  };
  const talk = async (): Promise<void> => {
    let count = 0;
    // An iterator is read once: what it has given can't be had from it again.
    const numbers = Array.from({ length: ITEMS }, (_, at) => at).values();
    for await (const item of iterate(client.talk(numbers))) if (item === count) count += 1;
    if (count !== ITEMS) throw new Error(`a channel ended after ${count} of ${ITEMS} items`);
    tally.said += 1;
  };
  const tell = async (): Promise<void> => {
    await lastValueFrom(client.told('tt1'), { defaultValue: undefined });
    tally.sent += 1;
    await title();
  };
  const kinds = all ? [title, page, talk, tell] : [title];
  const row = async (): Promise<void> => {
    while (!stopped) for (const kind of kinds) await attempt(kind);
  };
  const open = Array.from({ length: rows }, row);

  return {
    get answered() {
      return tally.answered;
    },
    get read() {
      return tally.read;
    },
    get said() {
      return tally.said;
    },
    get sent() {
      return tally.sent;
    },
    failures,
    async answers(count, pid) {
      const wanted = answers.pipe(filter((answer) => pid === undefined || answer.includes(`by ${pid}`)));
      for (let left = count; left > 0; left--) await firstValueFrom(wanted);
    },
    failure: () => firstValueFrom(failing),
    async stop() {
      stopped = true;
      await Promise.all(open);
    },
  };
}
