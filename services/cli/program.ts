/** The words of the command line. What a command does is loaded when it is asked for, so that `--help` is quick. */
import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, Option } from 'commander';
import { DONE, FAILED, CommandError, UsageError, WRONG_USAGE } from './status.js';
import type { Terminal } from './terminal.js';

/** Runs the command that the words name, and resolves with the exit status. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<number> {
  const { own, rest } = splitAtDashes(words);
  let status = DONE;
  const program = commandLine(terminal, rest, (ended) => (status = ended));
  try {
    await program.parseAsync(own, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    const usage = error instanceof UsageError;
    const known = usage || error instanceof CommandError;
    const said = error instanceof Error ? error.message : String(error);
    const stack = error instanceof Error ? (error.stack ?? said) : said;
    terminal.err.write(known ? `error: ${said}\n` : `error: a bug of the command line: ${stack}\n`);
    if (usage) terminal.err.write(`${helpHint(own)}\n`);
    return usage ? WRONG_USAGE : FAILED;
  }
}

type Done = (status: number) => void;

/** `rest` is what a program that is started gets as its own words. */
export function commandLine(terminal: Terminal, rest: readonly string[], done: Done): Command {
  const program = new Command('millrace')
    .description('Makes, runs, calls and describes services of Millrace.')
    .version(versionOf(), '-V, --version', 'Says which version this is.')
    .helpOption('-h, --help', 'Says what there is.')
    .helpCommand('help [command]', 'Says how a command is used.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
    })
    .addHelpText('after', PROGRAM_EXAMPLES);
  addNew(program, terminal, done);
  addDev(program, terminal, rest, done);
  addCall(program, terminal, done);
  addDescribe(program, terminal, done);
  addConfig(program, terminal, rest, done);
  addRegistry(program, terminal, done);
  addTop(program, terminal, done);
  addCompletion(program, terminal, done);
  for (const command of program.commands) command.showHelpAfterError(helpHint([command.name()]));
  return program.showHelpAfterError(helpHint([]));
}

function addNew(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('new')
    .description('Makes a service that starts, with a test that passes.')
    .argument('<name>', 'what it is called: orders, shop-catalog')
    .option('--dir <folder>', 'the folder that is made; default: one of that name, here')
    .option('--dry-run', 'says what would be written, and writes nothing')
    .addHelpText('after', examples('millrace new orders', 'millrace new orders --dir services/orders --dry-run'))
    .action(async (name: string, options) => {
      const { newProject } = await import('./new.js');
      done(newProject(terminal, name, options));
    });
}

function addDev(program: Command, terminal: Terminal, rest: readonly string[], done: Done): void {
  program
    .command('dev')
    .description(
      'Compiles while you write, and restarts the program at each success and when its configuration changes.',
    )
    .argument('[main]', MAIN)
    .usage('[options] [main] [-- word of the program …]')
    .option('-p, --project <file>', 'the tsconfig.json; default: that of this folder')
    .addHelpText('after', examples('millrace dev', 'millrace dev dist/main.js -- --log.level=debug'))
    .action(async (main: string | undefined, options) => {
      const { dev } = await import('./dev.js');
      done(await dev(terminal, { ...options, main, rest }));
    });
}

function addCall(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('call')
    .description('Calls a method of a service, and prints each item of the answer as it comes.')
    .argument('<service.method>', 'what is called; millrace describe lists what there is')
    .argument(
      '[json]',
      'the message; of a channel an array of messages; - reads standard input, a channel a message a line',
    )
    .option(
      '--at <address>',
      'tcp://127.0.0.1:7001 or ws://127.0.0.1:7002; may be repeated; default: MILLRACE_AT, or tcp://127.0.0.1:7001',
      gather,
    )
    .addOption(
      new Option('--as <interaction>', "how to call a peer that can't say itself").choices([
        'response',
        'stream',
        'channel',
        'notify',
      ]),
    )
    .addOption(output('json is one line for each item'))
    .option('--take <n>', 'leaves after so many items')
    .option('--rate <n>', 'reads so many items a second, and asks for no more')
    .option('--deadline <time>', "how long it may take, from '1 ms'; default: of a response 30 s")
    .option('--metadata <name=value>', 'for the service; may be repeated', gather)
    .option('--baggage <name=value>', 'for the service and all that it calls; may be repeated', gather)
    .addOption(
      new Option('--priority <priority>', 'how dear it is').choices(['critical', 'default', 'degraded', 'bulk']),
    )
    .option('-v, --verbose', "says where it was called, and the answer's own metadata")
    .addHelpText('after', CALL_HELP)
    .action(async (route: string, json: string | undefined, options) => {
      const { call } = await import('./call.js');
      done(await call(terminal, route, json, options));
    });
}

function addDescribe(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('describe')
    .description('Says what an application serves: methods with their messages, failures, filters and addresses.')
    .argument(
      '[address]',
      'tcp://127.0.0.1:7001 or ws://127.0.0.1:7002; default: the first of MILLRACE_AT, or tcp://127.0.0.1:7001',
    )
    .addOption(output('json is the whole description'))
    .option('--save <file>', 'stores the description')
    .option('--check <file>', 'compares with a stored description: fails if that would break a caller of the older')
    .addHelpText(
      'after',
      examples(
        'millrace describe tcp://127.0.0.1:7001',
        'millrace describe --save contracts.json',
        'millrace describe --check contracts.json',
      ),
    )
    .action(async (address: string | undefined, options) => {
      const { describe } = await import('./describe.js');
      done(await describe(terminal, address, options));
    });
}

function addConfig(program: Command, terminal: Terminal, rest: readonly string[], done: Done): void {
  program
    .command('config')
    .description('Says what a program would be configured with: each value and who said so. Starts nothing.')
    .argument('[main]', MAIN)
    .usage('[options] [main] [-- word of the program …]')
    .addHelpText('after', examples('millrace config', 'millrace config dist/main.js -- --log.level=debug'))
    .action(async (main: string | undefined) => {
      const { config } = await import('./config.js');
      done(await config(terminal, { main, rest }));
    });
}

/** Its words are the registry's own: what they mean is said in one place. */
function addRegistry(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('registry')
    .description('Starts a registry; its own --help says with what.')
    .argument('[words...]', '--rsocket 7070 --http 8761')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: readonly string[]) => {
      const { registry } = await import('./registry.js');
      done(await registry(terminal, words));
    });
}

function addTop(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('top')
    .description('Shows how calls go at each instance and method: rate, errors, latency, limits, breakers.')
    .argument('[address...]', 'tcp://127.0.0.1:7001 …; default: MILLRACE_AT, or tcp://127.0.0.1:7001')
    .option('--registry <address>', 'watches all that a registry knows, as they come and go')
    .option('--interval <time>', "from one look to the next, from '100 ms'", '1 s')
    .option('--once', 'looks once, and ends')
    .addOption(output('json is one line for each method of an instance'))
    .addHelpText(
      'after',
      examples('millrace top', 'millrace top --registry tcp://127.0.0.1:7070', 'millrace top --once -o json'),
    )
    .action(async (addresses: readonly string[], options) => {
      const { top } = await import('./top.js');
      done(await top(terminal, addresses, options));
    });
}

function addCompletion(program: Command, terminal: Terminal, done: Done): void {
  program
    .command('completion')
    .description('Prints what teaches a shell the words of this command line.')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples(
        'source <(millrace completion bash)',
        'millrace completion zsh > ~/.zfunc/_millrace',
        'millrace completion fish > ~/.config/fish/completions/millrace.fish',
      ),
    )
    .action(async (shell: string) => {
      const { completion } = await import('./completion.js');
      terminal.out.write(completion(program, shell));
      done(DONE);
    });
}

const MAIN = "the compiled program; default: millrace.main or main of package.json, or 'dist/main.js'";

const PROGRAM_EXAMPLES = examples(
  'millrace new orders',
  'millrace dev',
  `millrace call orders.greet '{"name":"Ada"}'`,
  'millrace describe tcp://127.0.0.1:7001',
  'millrace registry --rsocket 7070',
);

const CALL_HELP = `${examples(
  `millrace call catalog.title '{"id":"tt1"}'`,
  `millrace call catalog.browse '{}' --rate 5 --take 20 -o json`,
  `generate-ratings | millrace call catalog.rate - --at ws://127.0.0.1:7002`,
  `millrace call echo '"hello"' --at tcp://10.0.0.7:7000 --as response`,
)}
Exit status: 0 it was done, 1 the call failed, 2 wrong usage, 130 it was cancelled by Ctrl-C.
`;

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}

function output(about: string): Option {
  return new Option('-o, --output <form>', about).choices(['json', 'pretty']).default('pretty');
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function helpHint([command]: readonly string[]): string {
  const known = command !== undefined && !command.startsWith('-');
  return `(millrace ${known ? `${command} ` : ''}--help says how it is used)`;
}

/** Commands that start a program give it all that follows two dashes. */
const STARTING: ReadonlySet<string> = new Set(['dev', 'config']);

function splitAtDashes(words: readonly string[]): { readonly own: string[]; readonly rest: readonly string[] } {
  const at = STARTING.has(words[0] ?? '') ? words.indexOf('--') : -1;
  return at === -1 ? { own: [...words], rest: [] } : { own: words.slice(0, at), rest: words.slice(at + 1) };
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
