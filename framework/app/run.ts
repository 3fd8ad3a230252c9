/** An application as a program: it says where it serves, and ends in good order when it is told to. */
import { MessageChannel } from 'node:worker_threads';
import { config as rxjs } from 'rxjs';
import { asMeshError, systemClock } from '../core/index.js';
import { type App, configurationOfPlan, startApp } from './app.js';
import { COMMAND, processSources } from './app-configuration.js';
import type { Blueprint } from './blueprint.js';
import type { Hooks } from './lifecycle.js';
import type { Provision } from './providers.js';

/**
 * Keeps the process alive until the application has stopped, though nothing may be open: it waits for a peer that is away, or
 * for calls to end.
 */
class Awake implements Hooks {
  private readonly port = new MessageChannel().port1;

  onStart(): void {
    this.port.ref();
  }

  onStop(): void {
    this.port.close();
  }
}

/** Stands before all that is provided, so that it starts first and ends last. */
const AWAKE: Provision = {
  token: Symbol('awake'),
  provider: { useFactory: () => new Awake() },
  scope: 'application',
};

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/** npm passes on the SIGINT that a terminal sends to it and to us alike: of two so many milliseconds apart one is npm's. */
const ECHO = 500;
const BY_NPM = process.env['npm_lifecycle_event'] !== undefined;

/** See `Mesh.run`. */
export async function runApp(given: Blueprint): Promise<App> {
  const plan = { ...given, sources: given.sources ?? processSources(), provisions: [AWAKE, ...given.provisions] };
  const name = plan.name === '' ? 'the application' : plan.name;
  const obedience = obey(name);
  let app: App;
  try {
    if (process.env[COMMAND] === 'config') report(plan);
    app = await startApp(plan);
  } catch (error) {
    say(`${name} could not start: ${asMeshError(error).message}`);
    process.exit(1);
  }
  guard(app);
  obedience(app);
  return app;
}

/** `millrace config`: the values of all params, and where each is from. */
function report(plan: Blueprint): never {
  process.stdout.write(`${configurationOfPlan(plan).report()}\n`);
  process.exit(0);
}

/**
 * The first signal stops the application, or what comes of it once it has started; the second ends the process. One listener
 * from the beginning: a signal that comes while listeners are changed is lost. Returns what is to be told of the application.
 */
function obey(name: string): (started: App) => void {
  let app: App | undefined;
  let signals = 0;
  let interrupted = -Infinity;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = systemClock.now();
      const echo = signal === 'SIGINT' && BY_NPM && now - interrupted < ECHO;
      if (signal === 'SIGINT') interrupted = now;
      if (echo) return;
      signals += 1;
      if (signals > 1) abandon(name, signal, app);
      else if (app !== undefined) end(app);
      else say(`${name}: told to end, which it does once it has started; a second signal ends it at once`);
    });
  }
  return (started) => {
    app = started;
    if (signals > 0) end(started);
  };
}

function abandon(name: string, signal: NodeJS.Signals, app: App | undefined): never {
  const open = (app?.open ?? []).map(([route, count]) => `${route} × ${count}`);
  const what = app === undefined ? 'its start' : open.length === 0 ? 'nothing' : open.join(', ');
  say(`${app?.name ?? name}: ended by a second ${signal}; abandoned: ${what}`);
  process.exit(1);
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
