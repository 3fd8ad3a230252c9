/** An application as a program: it says where it serves, and ends in good order when it is told to. */
import { config as rxjs } from 'rxjs';
import { asMeshError } from '../core/index.js';
import { type App, configurationOfPlan, startApp } from './app.js';
import { COMMAND, processSources } from './app-configuration.js';
import type { Blueprint } from './blueprint.js';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/** See `Mesh.run`. */
export async function runApp(given: Blueprint): Promise<App> {
  const plan = given.sources === undefined ? { ...given, sources: processSources() } : given;
  let app: App;
  let told: NodeJS.Signals | undefined;
  const early = (signal: NodeJS.Signals): void => void (told = signal);
  for (const signal of SIGNALS) process.once(signal, early);
  try {
    if (process.env[COMMAND] === 'config') report(plan);
    app = await startApp(plan);
  } catch (error) {
    say(`${plan.name === '' ? 'the application' : plan.name} could not start: ${asMeshError(error).message}`);
    process.exit(1);
  }
  for (const signal of SIGNALS) process.off(signal, early);
  guard(app);
  obey(app);
  if (told !== undefined) end(app);
  return app;
}

/** `millrace config`: the values of all params, and where each is from. */
function report(plan: Blueprint): never {
  process.stdout.write(`${configurationOfPlan(plan).report()}\n`);
  process.exit(0);
}

/** The first signal stops it, the second ends the process. */
function obey(app: App): void {
  let stopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!stopping) {
        stopping = true;
        return end(app);
      }
      const open = app.open.map(([route, count]) => `${route} × ${count}`);
      say(`${app.name}: ended by a second ${signal}; abandoned: ${open.length === 0 ? 'nothing' : open.join(', ')}`);
      process.exit(1);
    });
  }
}

function end(app: App, code = 0): void {
  app.stop().then(
    () => process.exit(code),
    (error: unknown) => {
      say(`${app.name} could not stop in good order: ${asMeshError(error).message}`);
      process.exit(1);
    },
  );
}

/**
 * An error that nobody waits for, of a promise or a subscription that a handler forgot, is logged and harms nobody. One that is
 * thrown out of a callback leaves the process in a state that nobody knows: it stops in good order, and fails.
 */
function guard(app: App): void {
  const lost = (error: unknown): void => app.log.error({ err: error }, 'an error that nobody handles');
  rxjs.onUnhandledError = lost;
  process.on('unhandledRejection', lost);
  process.on('uncaughtException', (error) => {
    app.log.fatal({ err: error }, 'an error was thrown where nobody catches it: stopping');
    end(app, 1);
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
