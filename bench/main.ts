// `npm run bench -- COMMAND`: finds the command, and ends what it started however it ends.

import type { Command } from './command.js';
import { gateCommand } from './gate/gate.js';
import { meshCommand } from './mesh/mesh.js';
import { described, parseOptions, UsageError, type Options } from './options.js';
import { registryCommand } from './registry/registry.js';
import { killAll } from './wire/pair.js';
import { wireCommand } from './wire/wire.js';

interface Entry {
  readonly help: string;
  start(args: readonly string[]): Promise<void>;
}

const commands: { readonly [name: string]: Entry } = {
  wire: entry('wire', wireCommand),
  gate: entry('gate', gateCommand),
  mesh: entry('mesh', meshCommand),
  registry: entry('registry', registryCommand),
};

process.on('exit', killAll);
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('SIGHUP', () => process.exit(129));

const [name = '', ...args] = process.argv.slice(2);
try {
  await (Object.hasOwn(commands, name) ? commands[name]?.start(args) : unknownCommand());
} catch (error) {
  process.stderr.write(
    `\n${error instanceof UsageError ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
killAll();

function entry<O extends Options>(name: string, { about, options, run }: Command<O>): Entry {
  return {
    help: `${name}  ${about}\n${described(options)}`,
    start: (args) => run(parseOptions(name, options, args)),
  };
}

function unknownCommand(): never {
  const known = Object.values(commands).map(({ help }) => help);
  throw new UsageError(
    `${name === '' ? 'say which' : `there is no ${name}`}; the benches are\n\n${known.join('\n\n')}`,
  );
}
