/** A copy of the compiled code whose wire counts how often each of its branches and functions is taken. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInstrumenter } from 'istanbul-lib-instrument';
import { COUNTERS } from './coverage.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What the fuzzer steers by: all that reads a peer's bytes. */
const watched = /^dist\/(?:transports\/rsocket|framework\/msgpack|framework\/contract\/(?:json|codec))[^.]*\.js$/;
const copied = ['framework', 'transports', join('test', 'fuzz'), join('test', 'rsocket')];

export interface Copy {
  readonly folder: string;
  /** Puts a bug into a file until the returned function is called. */
  plant(file: string, bug: (code: string) => string): () => void;
  remove(): void;
}

/** Made anew for each run, since it takes a second and a stale one would take longer to find. */
export function instrumentedCopy(): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const code = /(?:^|\/)[^.]+$|\.js$/;
  for (const part of copied) {
    cpSync(join(root, 'dist', part), join(folder, 'dist', part), {
      recursive: true,
      filter: (path) => code.test(path),
    });
  }
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const instrumenter = createInstrumenter({ esModules: true, compact: true, coverageVariable: COUNTERS });
  const instrument = (path: string, change = (code: string) => code): void => {
    const plain = readFileSync(join(root, path), 'utf8');
    writeFileSync(join(folder, path), instrumenter.instrumentSync(change(plain), path));
  };
  for (const entry of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
    const path = join('dist', entry);
    if (watched.test(path)) instrument(path);
  }
  return {
    folder,
    plant(file, bug) {
      instrument(file, bug);
      return () => instrument(file);
    },
    remove() {
      process.off('exit', remove);
      remove();
    },
  };
}
