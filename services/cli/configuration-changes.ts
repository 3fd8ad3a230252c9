/** Changes of the files that a program is configured by. */
import { readFileSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { debounceTime, filter, map, merge, Observable } from 'rxjs';
import { type Clock, schedulerOf, systemClock } from '../../framework/index.js';
import { CommandError } from './status.js';

/** Where a program looks by itself. */
const USUAL: readonly string[] = ['millrace.yaml', 'millrace.yml', 'millrace.json'];
/** Milliseconds in which an editor writes a file: it may empty it, or put another in its place. */
const SETTLE = 50;

/** The files that a program reads its configuration from, if they are there: what a word or a variable names, or the usual. */
export function configurationFiles(
  folder: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const at = words.findIndex((word) => /^--config(?:=|$)/.test(word));
  const word = words[at];
  const named = word === '--config' ? words[at + 1] : word?.slice('--config='.length);
  const file = named ?? env['MILLRACE_CONFIG'];
  return (file === undefined ? USUAL : [file]).map((each) => resolve(folder, each));
}

/** The name of a file each time its content has changed, when its writer seems to be done. */
export function configurationChanges(files: readonly string[], clock: Clock = systemClock): Observable<string> {
  return merge(...files.map((file) => changesOf(file, clock)));
}

function changesOf(file: string, clock: Clock): Observable<string> {
  return new Observable<void>((to) => {
    try {
      const watcher = watch(dirname(file), (_, name) => {
        if (name === null || name === basename(file)) to.next();
      });
      watcher.on('error', (error) => to.error(unwatchable(file, error)));
      return () => watcher.close();
    } catch (error) {
      to.error(unwatchable(file, error));
      return undefined;
    }
  }).pipe(
    debounceTime(SETTLE, schedulerOf(clock)),
    changedContent(file),
    map(() => basename(file)),
  );
}

function unwatchable(file: string, error: unknown): CommandError {
  return new CommandError(`${file} could not be watched: ${error instanceof Error ? error.message : String(error)}`);
}

function changedContent(file: string) {
  return (events: Observable<void>): Observable<void> =>
    new Observable((to) => {
      let before = contentOf(file);
      const changed = (): boolean => {
        const last = before;
        before = contentOf(file);
        return before !== last;
      };
      return events.pipe(filter(changed)).subscribe(to);
    });
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
