/** The chains that are run, how long, and what has to hold of their figures. */
import { type ChainFigures, type ChainOptions, HOPS } from './chain.js';

export interface ChainCase {
  readonly name: string;
  readonly options: ChainOptions;
  /** Items that may be made and not read. */
  readonly most: number;
}

const MIB = 2 ** 20;
/** What a process may gain between the two looks, and so many items that the collector may not have come to. */
const GAIN = 24 * MIB;
const UNCOLLECTED = 40;

const sizes = {
  'items of 1 kB': { bytes: 1000, every: 10, most: HOPS * 256 },
  'items of 1 MiB': { bytes: MIB, every: 25, most: HOPS * 3 },
} as const;

export type ChainSize = keyof typeof sizes;

export const chainSizes = Object.keys(sizes) as readonly ChainSize[];

/** Cases for so many seconds of reading each, a third of them before the first look. */
export function chainCases(size: ChainSize, seconds: number): readonly ChainCase[] {
  const { bytes, every, most } = sizes[size];
  const total = Math.ceil((seconds * 1000) / every);
  return (['tcp', 'websocket'] as const).flatMap((transport) =>
    (['down', 'up'] as const).map((way) => ({
      name: `${way === 'down' ? 'a stream' : 'a channel'} over ${transport}`,
      options: { transport, way, bytes, every, warm: Math.ceil(total / 3), total },
      most,
    })),
  );
}

/** What does not hold of a chain's figures. */
export function faultsOf({ options, most }: ChainCase, { made, read, before, after }: ChainFigures): readonly string[] {
  const faults: string[] = [];
  const ahead = made - read;
  if (read < options.total) faults.push(`${read} items read of ${options.total}`);
  if (ahead > most) faults.push(`${ahead} items made and not read, where ${most} may be`);
  const bytes = HOPS * (MIB + 2 * options.bytes);
  if (ahead * options.bytes > bytes)
    faults.push(`${ahead * options.bytes} bytes made and not read, where ${bytes} may be`);
  for (const [at, rss] of after.entries()) {
    const gained = rss - (before[at] ?? 0);
    if (gained > GAIN + UNCOLLECTED * options.bytes) faults.push(`process ${at} has gained ${gained} bytes`);
  }
  return faults;
}
