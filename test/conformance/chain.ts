/** Three hops between four processes, from a source of ten million items to a reader who takes them slowly. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Said } from './hops/station.js';

export interface ChainOptions {
  readonly transport: 'tcp' | 'websocket';
  /** `down` a stream to the caller, or `up` a channel from it. */
  readonly way: 'down' | 'up';
  /** Of an item. */
  readonly bytes: number;
  /** Milliseconds from one item that is taken to the next. */
  readonly every: number;
  /** Items that are taken before the first look at memory, and before the last. */
  readonly warm: number;
  readonly total: number;
}

export interface ChainFigures {
  readonly made: number;
  readonly read: number;
  /** Resident bytes of each process, from the far end to the near, after the warm-up and at the end. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export const HOPS = 3;

export async function runChain({ transport, way, bytes, every, warm, total }: ChainOptions): Promise<ChainFigures> {
  const stations: Station[] = [];
  const start = (program: string, ...args: readonly (string | number)[]): Station => {
    const station = startStation(program, args);
    stations.push(station);
    return station;
  };
  try {
    const far = start('far', transport, bytes, every);
    const second = start('relay', transport, await portOf(far));
    const first = start('relay', transport, await portOf(second));
    const near = start('near', transport, bytes, every, await portOf(first), way);
    const [source, reader] = way === 'down' ? [far, near] : [near, far];
    const standing = async (count: number): Promise<readonly Standing[]> => {
      await reader.heard((said) => said.kind === 'reached' && said.count >= count);
      return Promise.all(stations.map((station) => station.standing()));
    };
    const before = await standing(warm);
    const after = await standing(total);
    return {
      made: after[stations.indexOf(source)]?.count ?? 0,
      read: after[stations.indexOf(reader)]?.count ?? 0,
      before: before.map(({ rss }) => rss),
      after: after.map(({ rss }) => rss),
    };
  } finally {
    await Promise.all(stations.map((station) => station.end()));
  }
}

/** The figures in a line, for people. */
export function described(options: ChainOptions, { made, read, before, after }: ChainFigures): string {
  const mib = (rss: readonly number[]): string => rss.map((each) => (each / 2 ** 20).toFixed(0)).join('/');
  return (
    `${options.transport} ${options.way}, ${options.bytes} B an item: read ${read}, ${made - read} more made; ` +
    `resident MiB ${mib(before)} after ${options.warm} items, ${mib(after)} after ${options.total}`
  );
}

type Standing = Extract<Said, { readonly kind: 'standing' }>;

interface Station {
  heard(wanted: (said: Said) => boolean): Promise<Said>;
  standing(): Promise<Standing>;
  end(): Promise<void>;
}

function startStation(program: string, args: readonly (string | number)[]): Station {
  const file = fileURLToPath(new URL(`./hops/${program}.js`, import.meta.url));
  const child: ChildProcess = fork(file, args.map(String), { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const waiting = new Set<(said: Said) => void>();
  let failure: string | undefined;
  child.on('message', (said: Said) => {
    if (said.kind === 'failed') failure = said.message;
    for (const hear of waiting) hear(said);
  });
  child.on('exit', (code) => {
    failure ??= `ended with ${code}`;
    for (const hear of waiting) hear({ kind: 'failed', message: failure });
  });
  const heard = (wanted: (said: Said) => boolean): Promise<Said> =>
    new Promise((resolve, reject) => {
      const hear = (said: Said): void => {
        if (said.kind !== 'failed' && !wanted(said)) return;
        waiting.delete(hear);
        if (said.kind === 'failed') reject(new Error(`${program}: ${said.message}`));
        else resolve(said);
      };
      waiting.add(hear);
      if (failure !== undefined) hear({ kind: 'failed', message: failure });
    });
  return {
    heard,
    async standing() {
      const answer = heard((said) => said.kind === 'standing');
      child.send('standing?');
      const said = await answer;
      if (said.kind !== 'standing') throw new Error(`${program} said ${said.kind}`);
      return said;
    },
    async end() {
      child.kill();
      await ended;
    },
  };
}

async function portOf(station: Station): Promise<number> {
  const said = await station.heard(({ kind }) => kind === 'listening');
  return said.kind === 'listening' ? said.port : 0;
}
