/** The command line of the interop responder. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly tcp: number;
  readonly ws: number | undefined;
  readonly fragment: number | undefined;
  readonly resume: boolean;
  /** Requests in each lease, and how many milliseconds it lasts. */
  readonly lease: { readonly requests: number; readonly every: number } | undefined;
}

/** Says what is wrong with a command line. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

const usage =
  'usage: npm run interop -- --tcp PORT [--ws PORT] [--fragment BYTES] [--resume] [--lease REQUESTS [--ttl MS]]';

/** Throws {@link Misuse}. */
export function optionsOf(args: readonly string[]): Options {
  const values = parsed(args);
  const { tcp, ws, fragment, lease, ttl } = values;
  if (tcp === undefined) throw new Misuse(`--tcp is missing\n${usage}`);
  return {
    tcp: number('tcp', tcp, 0, 65_535),
    ws: ws === undefined ? undefined : number('ws', ws, 0, 65_535),
    fragment: fragment === undefined ? undefined : number('fragment', fragment, 64, 0xffffff),
    resume: values.resume ?? false,
    lease:
      lease === undefined
        ? undefined
        : {
            requests: number('lease', lease, 0, 0x7fffffff),
            every: ttl === undefined ? 1000 : number('ttl', ttl, 1, 0x7fffffff),
          },
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { tcp: text, ws: text, fragment: text, lease: text, ttl: text, resume: { type: 'boolean' } } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new Misuse(`${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, { cause });
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Misuse(`--${name} ${text}: a whole number from ${least} to ${most} is wanted\n${usage}`);
}
