/** A file in which a program keeps where others are, for a start at which no registry answers. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import type { Instance } from './instance.js';
import { instanceSchema } from './registry-messages.js';

/** A larger file isn't one of ours. */
const LARGEST = 256 * 1024 * 1024;

const remembered = v.object({ format: v.literal(1), instances: v.array(instanceSchema) });

/** What the file at `path` says; nothing where there is none. Rejects for one that can't be read or isn't such a file. */
export async function recall(path: string): Promise<readonly Instance[]> {
  let text: string;
  try {
    if ((await stat(path)).size > LARGEST) throw new RangeError(`${path} is larger than ${LARGEST} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return v.parse(remembered, JSON.parse(text)).instances;
}

/** Writes the file anew, so that whoever reads it meanwhile, or after a crash, finds the one before or this one. */
export async function remember(path: string, instances: readonly Instance[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}.tmp`;
  await writeFile(beside, JSON.stringify({ format: 1, instances }));
  await rename(beside, path);
}
