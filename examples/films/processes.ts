/** The four services as processes of their own: started, stopped, killed, and started again where they were. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BehaviorSubject, type Observable } from 'rxjs';
import { type Process, SERVICES, type ServiceName } from './contracts.js';
import { addressOf, type Ports } from './ports.js';

const PROGRAM = fileURLToPath(new URL('service.js', import.meta.url));

/** Milliseconds that all services together get to end in order. */
const PATIENCE = 4000;

export class Processes {
  private readonly children = new Map<ServiceName, ChildProcess>();
  private readonly states: BehaviorSubject<Process[]>;
  private readonly killed = new WeakSet<ChildProcess>();

  /** `crashed` is told of a service that has ended and should not have. */
  constructor(
    private readonly ports: Ports,
    private readonly crashed: (what: string) => void,
  ) {
    this.states = new BehaviorSubject(
      SERVICES.map((name): Process => ({ name, state: 'stopped', address: addressOf(name, ports) })),
    );
  }

  /** All four, now and whenever one changes. */
  get all(): Observable<Process[]> {
    return this.states;
  }

  /**
   * Starts a service unless it is there, in a process group of its own, so that a terminal's Ctrl-C reaches it through us only.
   * Resolves when it is ready; rejects if it ends before.
   */
  async start(name: ServiceName): Promise<void> {
    if (this.children.has(name)) return;
    const child = fork(PROGRAM, [name, JSON.stringify(this.ports)], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.children.set(name, child);
    this.tell(name, 'starting');
    const ended = once(child, 'exit').then(([code, signal]) => this.ended(name, child, signal ?? `code ${code}`));
    const ready = once(child, 'message').then(() => this.tell(name, 'running'));
    await Promise.race([ready, ended.then((how) => Promise.reject(new Error(`${name} has ended with ${how}`)))]);
  }

  /** In good order, by SIGTERM. Resolves when it has ended. */
  async stop(name: ServiceName): Promise<void> {
    if (this.children.has(name)) this.tell(name, 'stopping');
    await this.end(name, 'SIGTERM');
  }

  /** At once, by SIGKILL. Resolves when it has ended. */
  async kill(name: ServiceName): Promise<void> {
    const child = this.children.get(name);
    if (child !== undefined) this.killed.add(child);
    await this.end(name, 'SIGKILL');
  }

  /** Stops all, callers before those whom they call, and kills those that take too long. */
  async stopAll(): Promise<void> {
    const done = new AbortController();
    const late = delay(PATIENCE, undefined, { signal: done.signal }).then(
      () => Promise.all(SERVICES.map((name) => this.kill(name))),
      () => undefined,
    );
    for (const name of SERVICES.toReversed()) await this.stop(name);
    done.abort();
    await late;
  }

  private async end(name: ServiceName, signal: NodeJS.Signals): Promise<void> {
    const child = this.children.get(name);
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  private ended(name: ServiceName, child: ChildProcess, how: string): string {
    const stopping = this.stateOf(name) === 'stopping';
    const killed = this.killed.has(child);
    this.children.delete(name);
    if (killed) this.tell(name, 'killed');
    else if (stopping) this.tell(name, 'stopped');
    else {
      this.tell(name, 'crashed');
      this.crashed(`${name} (process ${child.pid}) has ended with ${how}`);
    }
    return how;
  }

  private stateOf(name: ServiceName): Process['state'] | undefined {
    return this.states.value.find((each) => each.name === name)?.state;
  }

  private tell(name: ServiceName, state: Process['state']): void {
    const pid = this.children.get(name)?.pid;
    const now: Process = { name, state, address: addressOf(name, this.ports), ...(pid === undefined ? {} : { pid }) };
    this.states.next(this.states.value.map((each) => (each.name === name ? now : each)));
  }
}
