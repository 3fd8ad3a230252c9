/** The films, started as `npm start` does, on ports of their own. */
import { clientOf, type Client, type Contract, iterate } from 'millrace';
import { rsocket, tcp, websocket } from 'millrace/rsocket';
import type { Observable } from 'rxjs';
import { type Process, type ServiceName, Supervisor } from '../../examples/films/contracts.js';
import { type Child, startChild } from '../child.js';

export interface Films {
  readonly program: Child;
  /** Where the page is. */
  readonly page: string;
  readonly addresses: Readonly<Record<ServiceName | 'supervisor', string>>;
  /** The processes of the services. */
  processes(): Promise<readonly Process[]>;
  /** Kills the program, and waits until the services have ended too. */
  end(): Promise<void>;
}

/** Resolves when all is ready. The caller ends it. */
export async function startFilms(): Promise<Films> {
  const program = startChild('examples/films/main.js', ['--port', '0']);
  const [, page = ''] = await program.line(/^ {2}the page +(http:\S+)$/);
  const addressOf = async (name: string): Promise<string> => {
    const [, address = ''] = await program.line(new RegExp(`^  ${name} +(\\S+)$`));
    return address;
  };
  const addresses = {
    catalogue: await addressOf('catalogue'),
    ratings: await addressOf('ratings'),
    playback: await addressOf('playback'),
    home: await addressOf('home'),
    supervisor: await addressOf('supervisor'),
  };
  const processes = (): Promise<readonly Process[]> => first(callerOf(Supervisor, addresses.supervisor).processes());
  return {
    program,
    page,
    addresses,
    processes,
    async end() {
      program.kill('SIGTERM');
      await program.ended;
    },
  };
}

/** A client of whoever listens at an address; like the services, it asks for 255 items ahead at most. */
export function callerOf<C extends Contract>(contract: C, address: string): Client<C> {
  const { port } = new URL(address);
  const wire = address.startsWith('ws:') ? websocket({ url: address }) : tcp({ port: Number(port) });
  return clientOf(contract, rsocket({ limits: { fastWindow: 255 } })(wire)) as Client<C>;
}

/** The first item that is as it should be. */
export async function first<T>(items: Observable<T>, wanted: (item: T) => boolean = () => true): Promise<T> {
  for await (const item of iterate(items)) if (wanted(item)) return item;
  throw new Error('the stream has ended before what was waited for came');
}

/** Whether a process is there. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
