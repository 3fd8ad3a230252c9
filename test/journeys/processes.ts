/** Programs of the journeys, in processes of their own that don't outlive the tests. */
import { startChild, type Child } from '../child.js';

export interface Program extends Child {
  /** Where it is called. */
  readonly address: string;
  readonly port: number;
  /** The lines that it has logged, of this message. */
  logged(message: string | RegExp): readonly ProgramLine[];
  /** The next line of this message, of those that it has logged and will, each once. One at a time. */
  says(message: string | RegExp): Promise<ProgramLine>;
}

export interface ProgramLine {
  readonly level: number;
  readonly msg: string;
  readonly addresses?: readonly string[];
  readonly handled?: number;
  readonly health?: string;
  readonly read?: number;
  readonly made?: number;
  readonly wrong?: number;
  readonly err?: { readonly message: string; readonly stack: string };
}

export interface Processes {
  /** Starts a program of test/journeys/programs; resolves when it is ready. */
  start(name: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<Program>;
  /** Starts it, and doesn't wait. */
  spawn(name: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Child;
}

/** Without the runner's own variables, which are no params. */
const OWN: NodeJS.ProcessEnv = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('MILLRACE_'))
    .map((name) => [name, undefined]),
);

/** Programs that end after each test, or with `after` as its argument after all tests of a suite. */
export function processes(end: (work: () => Promise<void>) => void = afterEach): Processes {
  const children: Child[] = [];
  end(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.splice(0).map(({ ended }) => ended));
  });
  const spawn: Processes['spawn'] = (name, args, env) => {
    const child = startChild(`test/journeys/programs/${name}.js`, args, { ...OWN, ...env });
    children.push(child);
    return child;
  };
  return {
    spawn,
    async start(name, args, env) {
      const child = spawn(name, args, env);
      const [line] = await child.line(/"msg":"ready"/);
      return programOf(child, read(line === undefined ? '' : (child.lines.find((each) => each.includes(line)) ?? '')));
    },
  };
}

function programOf(child: Child, { addresses = [] }: ProgramLine): Program {
  const [address = ''] = addresses;
  const heard = new Map<string, number>();
  const logged = (message: string | RegExp): readonly ProgramLine[] => child.lines.map(read).filter(of(message));
  return {
    ...child,
    address,
    port: address === '' ? 0 : Number(new URL(address).port),
    logged,
    async says(message) {
      const key = String(message);
      const place = heard.get(key) ?? 0;
      heard.set(key, place + 1);
      for (;;) {
        const found = logged(message)[place];
        if (found !== undefined) return found;
        await child.line(/./);
      }
    },
  };
}

function of(message: string | RegExp): (line: ProgramLine) => boolean {
  return ({ msg }) => (typeof message === 'string' ? msg === message : message.test(msg));
}

function read(line: string): ProgramLine {
  return line.startsWith('{') ? (JSON.parse(line) as ProgramLine) : { level: 0, msg: line };
}
