/** `npm run interop -- --tcp PORT [--ws PORT] [--fragment BYTES]`: a responder with fixed routes, for any RSocket implementation to try. */
import { MeshError } from 'millrace';
import {
  fixedLeases,
  type Accept,
  type Connection,
  listen,
  type ListenOptions,
  payload,
  routing,
  type Server,
  tcp,
  text,
  type Transport,
  websocket,
} from 'millrace/rsocket';
import { catchError, endWith, ignoreElements, mergeMap, of, takeUntil, timer } from 'rxjs';
import { countDemand } from './demand.js';
import { Misuse, optionsOf, type Options } from './options.js';
import { routes } from './routes.js';
import { newStats, type Stats } from './stats.js';
import { watched } from './watched.js';

try {
  await serve(optionsOf(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof Misuse ? 2 : 1);
}

async function serve(options: Options): Promise<void> {
  const stats = newStats();
  const service = routes(stats);
  const listening = {
    ...listenOptions(stats, options.fragment),
    resume: options.resume,
    leases: options.lease === undefined ? undefined : fixedLeases(options.lease),
  };
  const start = (place: Transport): Promise<Server> =>
    listen(
      watched(place, () => countDemand(stats.counts)),
      service,
      listening,
    );
  const byTcp = await start(tcp({ port: options.tcp }));
  const byWebSocket = options.ws === undefined ? undefined : await start(websocket({ port: options.ws }));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      byTcp.close().subscribe();
      byWebSocket?.close().subscribe();
    });
  }
  const ws = byWebSocket === undefined ? '' : ` ws=${byWebSocket.address.port}`;
  process.stdout.write(`interop ready tcp=${byTcp.address.port}${ws}\n`);
}

/** The limits let 20 MiB pass both ways, several at once, and metadata of any size that a peer may try. */
function listenOptions(stats: Stats, fragment: number | undefined): ListenOptions {
  return {
    accept: accepting(stats),
    grace: '200 ms',
    fragment,
    limits: { reassembly: '64 MiB', reassemblies: '512 MiB', metadata: '16 MiB', unsent: '64 MiB' },
  };
}

function accepting(stats: Stats): Accept {
  return (setup, peer) => {
    const data = text(setup.data);
    if (data === 'reject-me') throw new MeshError('Rejected', 'rejected');
    stats.connected(setup);
    peer.pushes.subscribe((metadata) => {
      stats.counts.push += 1;
      stats.counts.lastPush = text(metadata);
    });
    if (data === 'callback') callBack(peer, stats);
  };
}

/** Calls the client that has connected, 100 ms later. */
function callBack(peer: Connection, stats: Stats): void {
  const over = peer.closed.pipe(
    catchError(() => of(undefined)),
    ignoreElements(),
    endWith(undefined),
  );
  timer(100)
    .pipe(
      mergeMap(() => peer.response(payload('from-server', routing('client.echo')))),
      takeUntil(over),
    )
    .subscribe({
      next: ({ data }) => (stats.counts.lastPush = `cb=${text(data)}`),
      error: (error: unknown) => (stats.counts.lastPush = `cb failed: ${String(error)}`),
    });
}
