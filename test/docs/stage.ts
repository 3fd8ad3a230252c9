/** A folder in which the steps of one page are done, by the programs that a reader would have installed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { run } from '../package/consumer.js';
import { root } from './page.js';
import type { Step } from './snippets.js';

/** For pages that show no tsconfig.json. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'dom'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    rootDir: '.',
    outDir: 'out',
  },
  include: ['*.ts'],
};

interface Running {
  readonly command: string;
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Resolves once there is such a line, or the program has ended. */
  line(at: number): Promise<string | undefined>;
  readonly ended: Promise<number | string>;
}

export class Stage {
  private readonly folder: string;
  private readonly running: Running[] = [];
  private compiled = true;
  private ownProject = false;

  /** An empty folder, with `millrace` installed in it. */
  constructor(
    name: string,
    private readonly ports: ReadonlyMap<string, number>,
  ) {
    this.folder = join(root, 'dist/docs', name);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(join(this.folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(this.folder, 'node_modules/millrace'));
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  }

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'file':
        return this.write(step.path, step.text);
      case 'program':
        return this.program(step);
      case 'commands':
        return this.commands(step);
      case 'interrupt':
        return this.interrupt(step.program, step.prints);
    }
  }

  /** Ends what still runs; rejects where something doesn't end in good order. */
  async close(): Promise<void> {
    for (const { child } of this.running) child.kill('SIGTERM');
    for (const { command, ended, lines } of this.running) {
      expect(await ended, `${command}:\n${lines.join('\n')}`).to.equal(0);
    }
  }

  private write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
    if (path === 'tsconfig.json') this.ownProject = true;
    if (path.endsWith('.ts')) this.compiled = false;
  }

  private async program({ path, stays, prints }: Extract<Step, { kind: 'program' }>): Promise<void> {
    await this.compile();
    const browser = readFileSync(join(this.folder, path), 'utf8').includes("'millrace/rsocket/browser'");
    // Node's own WebSocket stands in for the browser's; before Node 22 it has to be asked for.
    const flags = browser ? '--experimental-websocket --no-warnings ' : '';
    const command = `node ${flags}out/${path.replace(/\.ts$/, '.js')}`;
    await this.commands({ kind: 'commands', commands: [command], stays, fails: false, prints });
  }

  private async commands({ commands, prints, ...how }: Extract<Step, { kind: 'commands' }>): Promise<void> {
    if (!commands.some((command) => command.startsWith('npx tsc'))) await this.compile();
    const own = commands.filter((command) => !isChecked(command));
    const [only] = own;
    if (how.stays && only !== undefined) return this.stay(only, prints ?? []);
    const printed: string[] = [];
    for (const [at, command] of own.entries()) {
      const { ended, lines } = this.start(command);
      const status = await ended;
      printed.push(...lines);
      const failed = how.fails && at === own.length - 1;
      expect(status === 0, `${command} ended with ${status}:\n${lines.join('\n')}`).to.equal(!failed);
    }
    if (prints !== undefined) compare(printed, prints);
  }

  private async stay(command: string, prints: readonly string[]): Promise<void> {
    // It has to get the signals itself, and not a shell around it.
    const started = this.start(command.replace(/^(?:[A-Z_]+=\S+ )*/, '$&exec '));
    this.running.push(started);
    for (const at of prints.keys()) await started.line(at);
    compare(started.lines.slice(0, prints.length), prints);
  }

  private async interrupt(program: string, prints: readonly string[]): Promise<void> {
    const at = this.running.findIndex(({ command }) => command.includes(program));
    const [found] = at === -1 ? [] : this.running.splice(at, 1);
    if (found === undefined) throw new Error(`${program} does not run`);
    const before = found.lines.length;
    found.child.kill('SIGINT');
    expect(await found.ended, found.lines.join('\n')).to.equal(0);
    compare(found.lines.slice(before), prints);
  }

  private async compile(): Promise<void> {
    if (this.compiled || this.ownProject) return;
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { code, output } = await run(process.execPath, [tsc, '-p', this.folder, '--pretty', 'false'], root);
    expect(code, `the programs don't compile:\n${output}`).to.equal(0);
    this.compiled = true;
  }

  /** The command line looks at port 7001 where it isn't told; here that is another one. */
  private usual(): NodeJS.ProcessEnv {
    const port = this.ports.get('7001');
    return port === undefined ? {} : { MILLRACE_AT: `tcp://127.0.0.1:${port}` };
  }

  private start(command: string): Running {
    const child = spawn('sh', ['-c', `exec 2>&1; ${command}`], {
      cwd: this.folder,
      env: { ...environment(), ...this.usual() },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines: string[] = [];
    let over = false;
    let news: () => void = () => undefined;
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      news();
    });
    const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
      over = true;
      news();
      return (code ?? signal) as number | string;
    });
    const line = (at: number): Promise<string | undefined> =>
      new Promise((resolve) => {
        news = () => {
          if (lines.length > at || over) resolve(lines[at]);
        };
        news();
      });
    return { command, child, lines, line, ended };
  }
}

/** As many free ports as there are names. */
export async function freePorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return new Map(names.map((name, at) => [name, ports[at] ?? 0]));
}

/** `…` in what is wanted stands for anything within its line. */
function compare(printed: readonly string[], wanted: readonly string[]): void {
  const patterns = wanted.map((line) => {
    const parts = line.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`);
  });
  const shown = printed.map((line, at) => (patterns[at]?.test(line) === true ? wanted[at] : line));
  expect(shown.join('\n')).to.equal(wanted.join('\n'));
}

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/**
 * Whether a command is looked at, and not run: what a page installs is what the repository is tested with, and what it says of
 * the repository itself is one of its scripts.
 */
function isChecked(command: string): boolean {
  const [, verb = '', rest = ''] = /^(?:npm (?:run )?([\w:-]+)|git|mkdir|cd)(.*)$/.exec(command) ?? [];
  if (verb === 'install') {
    const { name, dependencies, devDependencies } = manifest;
    const known = new Set([name, ...Object.keys(dependencies), ...Object.keys(devDependencies)]);
    const unknown = rest.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-') && !known.has(word));
    expect(unknown, command).to.deep.equal([]);
  } else if (command.startsWith('npm ') && verb !== 'init' && verb !== 'pkg') {
    expect(manifest.scripts, command).to.have.property(verb);
  }
  return verb !== 'init' && verb !== 'pkg' && /^(?:npm|git|mkdir|cd) /.test(command);
}

function environment(): NodeJS.ProcessEnv {
  const strange = /^(?:MILLRACE_|npm_|NODE_|FORCE_COLOR$|NO_COLOR$|INIT_CWD$)/;
  const own = Object.entries(process.env).filter(([name]) => !strange.test(name));
  return { ...Object.fromEntries(own), PATH: `${programs()}:${process.env['PATH'] ?? ''}` };
}

/** `npx`, `node` and `curl` as a reader has them, without what npm would fetch. */
function programs(): string {
  const folder = join(root, 'dist/docs/bin');
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  const node = `'${process.execPath}'`;
  const scripts = {
    node: `exec ${node} "$@"`,
    npx: `case "$1" in
millrace) shift; exec ${node} '${root}dist/services/cli/main.js' "$@";;
tsc) shift; exec ${node} '${root}node_modules/typescript/bin/tsc' --pretty false "$@";;
esac
echo "npx $1 is not known here"; exit 1`,
    curl: `exec ${node} '${root}dist/test/docs/curl.js' "$@"`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}
