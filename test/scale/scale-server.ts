/** A server in a process of its own that says, when asked, what it holds: `scale-server.js PATH LIMITS` of a Unix socket. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fromIterable } from 'millrace';
import { listen, payload, tcp, unix, type WireService } from 'millrace/rsocket';
import { isObservable, of } from 'rxjs';

/** What a process holds, after a collection. */
export interface Held {
  readonly connections: number;
  /** Bytes of JavaScript objects and of buffers. */
  readonly bytes: number;
  readonly descriptors: number;
  /** Timers that keep the process alive, and whatever else does. */
  readonly resources: number;
}

/** Streams count without end, all else is echoed. */
const service: WireService = ({ interaction, request }) => {
  if (isObservable(request)) return request;
  if (interaction !== 'stream') return of(request);
  return fromIterable(function* () {
    for (let index = 0; ; index++) yield payload(String(index));
  });
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export function heldBy(connections: number): Held {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return {
    connections,
    bytes: heapUsed + external,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
  };
}

const [path, limits] = process.argv.slice(2);
if (path !== undefined && import.meta.filename === process.argv[1]) {
  const options = { limits: JSON.parse(limits ?? '{}') as Record<string, number>, grace: 0 };
  const overUnix = await listen(unix({ path }), service, options);
  const overTcp = await listen(tcp({ port: 0 }), service, options);
  process.on('disconnect', () => process.exit(0));
  process.on('message', () => process.send?.(heldBy(overUnix.connections + overTcp.connections)));
  process.send?.(overTcp.address.port);
}
