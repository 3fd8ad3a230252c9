/** The builds that a project's own compiler makes while its sources change. */
import { Observable } from 'rxjs';
import { stripVTControlCharacters } from 'node:util';
import { startOwned } from './owned-process.js';
import { CommandError } from './status.js';

export interface BuildOptions {
  readonly compiler: string;
  readonly folder: string;
  /** The tsconfig.json. */
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
  readonly colours: boolean;
  /** Gets each line of a compile error. */
  readonly say: (line: string) => void;
}

/** How a build ended. */
export interface Build {
  readonly errors: number;
  /** Files that it wrote: none where nothing is different. */
  readonly written: number;
}

export interface Builds {
  /** Never completes; fails when the compiler ends. Subscribe once. */
  readonly all: Observable<Build>;
  /** Ends the compiler. */
  stop(): Promise<void>;
}

/** `Found 2 errors. Watching for file changes.`, with the time before it. */
const FOUND = /\bFound (\d+) errors?\b.*\bWatching\b/;
/** A file that was written. */
const WRITTEN = /^TSFILE: /;
/** Lines that only say that something goes on. */
const BUSY = /\bStarting (?:incremental )?compilation\b|\bFile change detected\b/;

/** Starts the compiler. It writes nothing where it finds errors, so that what is compiled is always whole. */
export function watchBuilds({ compiler, folder, project, env, colours, say }: BuildOptions): Builds {
  let heard: (build: Build) => void = () => undefined;
  let rest = '';
  let written = 0;
  const read = (piece: string): void => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const plain = stripVTControlCharacters(line);
      const errors = FOUND.exec(plain)?.[1];
      if (WRITTEN.test(plain)) written += 1;
      else if (errors !== undefined) {
        heard({ errors: Number(errors), written });
        written = 0;
      } else if (plain.trim() !== '' && !BUSY.test(plain)) say(line);
    }
  };
  const how = ['--noEmitOnError', '--listEmittedFiles', '--preserveWatchOutput', '--pretty', String(colours)];
  const all = new Observable<Build>((to) => {
    heard = (build) => to.next(build);
    tsc.ended.then(
      (end) => to.error(new CommandError(`the compiler ended with ${end}`)),
      (error: unknown) => to.error(error),
    );
  });
  const tsc = startOwned(compiler, ['-p', project, '--watch', ...how], { folder, env, out: read, err: read });
  return { all, stop: () => tsc.stop() };
}
