/** Listens at a place and answers whoever connects there. */
import { Observable } from 'rxjs';
import { duration, type MeshError, meshError } from '../../framework/kernel.js';
import { type CommonOptions, commonOf } from './connect.js';
import type { Engine } from './engine.js';
import { type Accept, receive } from './handshake.js';
import type { Address, Link, Transport } from './link.js';
import { ErrorCode } from './protocol.js';
import { Sessions } from './sessions.js';
import type { WireService } from './wire-service.js';

export interface ListenOptions extends CommonOptions {
  readonly accept?: Accept;
  /** Whether clients may resume connections that were lost. Default false: a SETUP that asks for it is refused. */
  readonly resume?: boolean;
  /** How long open calls may take to end when the server closes. Default 25 s. */
  readonly grace?: string | number;
  /** How long open streams and channels may take. Default: as long as all calls. */
  readonly streamGrace?: string | number | undefined;
}

export interface Server {
  readonly address: Address;
  /** How many connections there are. */
  readonly connections: number;
  /**
   * Cold: stops accepting, tells each peer that the connection is closing, lets open calls end within the grace, then ends
   * what is left with Broken, `MILLRACE_STOPPED`. Completes when all is closed.
   */
  close(): Observable<never>;
}

/**
 * Resolves once the place is taken; rejects with Unavailable where it can't be. `service` answers the calls of every
 * connection for which `accept` names no other.
 */
export async function listen(transport: Transport, service: WireService, options: ListenOptions = {}): Promise<Server> {
  const common = commonOf(options);
  const grace = duration(options.grace ?? '25 s');
  const streamGrace = Math.min(grace, duration(options.streamGrace ?? grace));
  const engines = new Set<Engine>();
  const sessions = options.resume === true ? new Sessions(common.clock, common.limits) : undefined;
  const bound = await transport.bind(admit, common.limits);

  function admit(link: Link): void {
    const engine = receive(sessions?.of(link) ?? link, service, options.accept, common);
    if (link.refusal !== undefined) return engine.fatal(link.refusal, ErrorCode.REJECTED_SETUP);
    if (engines.size >= common.limits.connections) {
      engine.fatal(`${common.limits.connections} connections are open already`, ErrorCode.REJECTED_SETUP);
      return;
    }
    engines.add(engine);
    const gone = (): void => void engines.delete(engine);
    engine.closed.subscribe({ error: gone, complete: gone });
  }

  async function close(): Promise<void> {
    const unbound = bound.close();
    const open = [...engines];
    const ended = open.map(
      (engine) => new Promise<void>((done) => engine.closed.subscribe({ error: () => done(), complete: done })),
    );
    for (const engine of open) {
      if (engine.established) engine.close();
      else engine.fatal('the server is closing', ErrorCode.REJECTED_SETUP);
    }
    const moveOn = common.clock.after(streamGrace, () => {
      for (const engine of engines) engine.dismiss(stopped(streamGrace), true);
    });
    const give = common.clock.after(grace, () => {
      for (const engine of engines) {
        engine.dismiss(stopped(grace), false);
        engine.end(stopped(grace));
      }
    });
    await Promise.all(ended);
    moveOn();
    give();
    await unbound;
  }

  return {
    address: bound.address,
    get connections() {
      return engines.size;
    },
    close: () =>
      new Observable<never>((subscriber) => {
        close().then(
          () => subscriber.complete(),
          (error: unknown) => subscriber.error(error),
        );
      }),
  };
}

function stopped(grace: number): MeshError {
  return meshError('Broken', `the server has stopped, and the call was open after ${grace} ms of grace`, {
    code: 'MILLRACE_STOPPED',
  });
}
