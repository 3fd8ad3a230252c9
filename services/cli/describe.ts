/** `millrace describe`: what an application serves, for people, for programs, and compared with what it served before. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AppDescription, breaks, printable } from '../../framework/index.js';
import { descriptionText } from './description-text.js';
import { descriptionOf } from './description-of.js';
import { errorText } from './error-text.js';
import { jsonText } from './json-text.js';
import { placesAt } from './remote.js';
import { CommandError, DONE, FAILED, signalStatus, UsageError } from './status.js';
import { paintFor, print, type Terminal, widthOf } from './terminal.js';

export interface DescribeOptions {
  readonly output: 'json' | 'pretty';
  readonly save?: string;
  readonly check?: string;
}

/** Describes the application at `address`; with `check` fails, and saves nothing, where a caller of the older would break. */
export async function describe(
  terminal: Terminal,
  address: string | undefined,
  { output, save, check }: DescribeOptions,
): Promise<number> {
  const older = check === undefined ? undefined : stored(check, terminal.folder);
  const present = await presentAt(address, terminal);
  if (typeof present === 'number') return present;
  const room = { columns: widthOf(terminal.out), paint: paintFor(terminal.out) };
  if (older !== undefined) {
    const broken = breaksOf(older, present);
    if (output === 'json') await print(terminal.out, JSON.stringify(broken));
    else await print(terminal.out, checked(broken, printable(check ?? '', 200)));
    if (broken.length > 0) return FAILED;
  }
  if (save !== undefined) store(save, present, terminal.folder);
  if (older !== undefined || save !== undefined) return DONE;
  const plain = { columns: 1, paint: (_: unknown, text: string) => text };
  await print(terminal.out, output === 'json' ? jsonText(present, plain) : descriptionText(present, room));
  return DONE;
}

/** What the first of the addresses says of itself, or the exit status where none can. */
async function presentAt(address: string | undefined, terminal: Terminal): Promise<AppDescription | number> {
  const [place, ...others] = await placesAt(address === undefined ? [] : [address], terminal);
  if (place === undefined) throw new UsageError('MILLRACE_AT names no address');
  try {
    const description = await place.description(terminal);
    return description ?? signalStatus(terminal.stop.reason);
  } catch (error) {
    const room = { columns: widthOf(terminal.err), paint: paintFor(terminal.err) };
    await print(terminal.err, errorText(error, room));
    return FAILED;
  } finally {
    await Promise.all([place, ...others].map((each) => each.close()));
  }
}

/** What would break callers of the older, a text each. */
function breaksOf(older: AppDescription, newer: AppDescription): string[] {
  return older.contracts.flatMap((before) => {
    const now = newer.contracts.find(({ name }) => name === before.name);
    if (now === undefined) return [`${before.name} is gone`];
    return breaks(before, now);
  });
}

function checked(broken: readonly string[], file: string): string {
  if (broken.length === 0) return `nothing breaks a caller of ${file}`;
  const lines = broken.map((each) => `  ${printable(each, 1000)}`);
  return [`${broken.length} would break a caller of ${file}:`, ...lines].join('\n');
}

function stored(file: string, folder: string): AppDescription {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(folder, file), 'utf8'));
  } catch (error) {
    throw new CommandError(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const description = descriptionOf(value);
  if (description === undefined) throw new CommandError(`${file} holds no description; --save writes one`);
  return description;
}

function store(file: string, description: AppDescription, folder: string): void {
  try {
    writeFileSync(resolve(folder, file), `${JSON.stringify(description, undefined, 2)}\n`);
  } catch (error) {
    throw new CommandError(`${file} could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
