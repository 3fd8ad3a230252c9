/** The program that `millrace dev` runs: one process at a time. */
import { relative } from 'node:path';
import { printable } from '../../framework/index.js';
import { type OwnedProcess, startOwned } from './owned-process.js';
import type { Terminal } from './terminal.js';

export interface DevProgramOptions {
  readonly main: string;
  readonly words: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Pick<Terminal, 'out' | 'err'>;
  readonly say: (line: string) => void;
}

export class DevProgram {
  private process: OwnedProcess | undefined;
  private stopping = false;

  constructor(private readonly options: DevProgramOptions) {}

  get running(): boolean {
    return this.process !== undefined;
  }

  /** Starts it, once the one from before has ended; says why. */
  async restart(reason: string): Promise<void> {
    const { main, words, folder, env, terminal, say } = this.options;
    const file = relative(folder, main);
    if (this.running) {
      say(`${reason}, restarting ${file}`);
      await this.stop();
    } else say(`${reason}, starting ${file}`);
    const { out, err } = terminal;
    const look = addressesIn((name, addresses) => say(`${name} serves ${addresses.join(', ')}`));
    const started = startOwned(main, words, {
      folder,
      env,
      out(piece) {
        out.write(piece);
        look(piece);
      },
      err: (piece) => void err.write(piece),
    });
    this.process = started;
    started.ended.then(
      (how) => this.ended(started, how),
      (error: unknown) => this.ended(started, error instanceof Error ? error.message : String(error)),
    );
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.process?.stop();
    this.process = undefined;
    this.stopping = false;
  }

  private ended(which: OwnedProcess, how: string): void {
    if (this.process !== which) return;
    this.process = undefined;
    if (!this.stopping) this.options.say(`the program ended with ${how}; a change starts it again`);
  }
}

/** Characters of a line that are looked at. */
const LONGEST = 16_384;

/** Finds the log line with which an application says that it serves. */
function addressesIn(found: (name: string, addresses: readonly string[]) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const line of lines) {
      if (!line.startsWith('{') || !line.includes('"addresses"')) continue;
      const said = readyOf(line);
      if (said !== undefined) found(said.name, said.addresses);
    }
  };
}

function readyOf(line: string): { readonly name: string; readonly addresses: readonly string[] } | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null || !('addresses' in read) || !Array.isArray(read.addresses))
    return undefined;
  const addresses = read.addresses.filter((each) => typeof each === 'string').map((each) => printable(each, 200));
  const name = 'name' in read && typeof read.name === 'string' ? printable(read.name, 100) : 'the program';
  return addresses.length === 0 ? undefined : { name, addresses };
}
