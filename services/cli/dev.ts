/** `millrace dev`: compiles while you write, and runs what compiles. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { filter, map, merge, takeUntil } from 'rxjs';
import { iterate } from '../../framework/index.js';
import { type Builds, watchBuilds } from './builds.js';
import { configurationChanges, configurationFiles } from './configuration-changes.js';
import { DevProgram } from './dev-program.js';
import { compilerOf, environmentOf, mainOf } from './project.js';
import { CommandError, DONE } from './status.js';
import { paintFor, stopped, type Terminal } from './terminal.js';

export interface DevOptions {
  readonly main: string | undefined;
  /** The tsconfig.json, or its folder. */
  readonly project?: string;
  /** The program's own words. */
  readonly rest: readonly string[];
}

/** Resolves once the user has had enough, and program and compiler have ended. */
export async function dev(terminal: Terminal, { main: named, project = '.', rest }: DevOptions): Promise<number> {
  const { folder, out } = terminal;
  const paint = paintFor(out);
  const say = (line: string): void => void out.write(`${paint('cyan', 'millrace')} ${line}\n`);
  const main = mainOf(folder, named);
  const config = project.endsWith('.json') ? project : `${project}/tsconfig.json`;
  if (!existsSync(resolve(folder, config))) throw new CommandError(`there is no ${config}; -p names another`);
  const env = environmentOf(terminal.env);
  const colours = paint('red', '') !== '';
  const builds = watchBuilds({
    compiler: compilerOf(folder),
    folder,
    project,
    env,
    colours,
    say: (line) => void out.write(`${line}\n`),
  });
  const programEnv = colours ? { FORCE_COLOR: '1', ...env } : env;
  const program = new DevProgram({ main, words: rest, folder, env: programEnv, terminal, say });
  const files = configurationFiles(folder, rest, env);
  try {
    for await (const reason of iterate(reasons(builds, files, program, say).pipe(takeUntil(stopped(terminal))), {
      overflow: 'latest',
    })) {
      if (!existsSync(main)) say(`${reason}, but there is no ${relative(folder, main)}: name the program (dev MAIN)`);
      else await program.restart(reason);
    }
    return DONE;
  } finally {
    await program.stop();
    await builds.stop();
  }
}

/** Why the program is to be started now; of reasons that come while it restarts, the last is enough. */
function reasons(builds: Builds, files: readonly string[], program: DevProgram, say: (line: string) => void) {
  let whole = false;
  let errors = 0;
  const compiled = builds.all.pipe(
    filter((build) => {
      const fresh = build.errors === 0 && (build.written > 0 || !whole);
      const goesOn = program.running ? '; the program from before goes on' : '';
      if (build.errors > 0) say(`${build.errors === 1 ? '1 error' : `${build.errors} errors`}${goesOn}`);
      else if (errors > 0 && !fresh) say(`no errors any more${goesOn}`);
      ({ errors } = build);
      whole ||= errors === 0;
      return fresh;
    }),
    map(() => 'compiled'),
  );
  const configured = configurationChanges(files).pipe(
    filter(() => whole),
    map((file) => `${file} changed`),
  );
  return merge(compiled, configured);
}
