/** The application as registries are to know it. */
import { networkInterfaces } from 'node:os';
import { map, type Observable } from 'rxjs';
import { count, duration, optional, param, type Param, text } from '../core/index.js';
import { type Instance, instanceOf, type InstanceStatus, REGION, type Status, ZONE } from '../discovery/index.js';

export const INSTANCE_ID = param(
  'discovery.id',
  undefined,
  optional(text),
  'What the application is called in registries among those of its name; by default where it is called, 127.0.0.1:7001.',
);

export const INSTANCE_HOST = param(
  'discovery.host',
  undefined,
  optional(text),
  'The host by which others reach the application, where it listens at all addresses; by default the first that this machine has.',
);

export const WEIGHT = param(
  'discovery.weight',
  1,
  share,
  "The application's share of calls against others of its name; 0 for none.",
);

export const RENEWAL = param(
  'discovery.renewal',
  10_000,
  span,
  'Milliseconds between the signs of life that the application gives a registry.',
);

export const LEASE = param(
  'discovery.lease',
  30_000,
  span,
  'Milliseconds without a sign of life after which a registry takes the application for dead; a broken connection it sees at once.',
);

export const SELF_PARAMS: readonly Param<unknown>[] = [INSTANCE_ID, INSTANCE_HOST, WEIGHT, RENEWAL, LEASE];

/** What an application is, apart from how it is. */
export interface Self {
  readonly name: string;
  /** As they were bound. At least one. */
  readonly addresses: readonly string[];
  readonly health: string | undefined;
  get<T>(param: Param<T>): T;
  /** Milliseconds since 1970. */
  wall(): number;
}

/** The application with its status, each time that changes. */
export function selfOf(self: Self, statuses: Observable<Status>): Observable<Instance> {
  const { name, get } = self;
  const addresses = self.addresses.map((address) => reachableAt(address, get(INSTANCE_HOST)));
  const [, hostname = '127.0.0.1', port = ''] = PLACE.exec(addresses[0] ?? '') ?? [];
  let dirty = 0;
  return statuses.pipe(
    map((status) => {
      dirty = Math.max(dirty + 1, self.wall());
      return instanceOf({
        app: name,
        id: get(INSTANCE_ID) ?? `${hostname}:${port}`,
        host: hostname,
        ip: hostname,
        port: { number: Number(port), enabled: port !== '' },
        vip: name.toLowerCase(),
        status: saidOf(status),
        zone: get(ZONE),
        region: get(REGION),
        addresses,
        services: status.services,
        weight: get(WEIGHT),
        lease: { renewal: get(RENEWAL), duration: get(LEASE) },
        dirty,
        extras: self.health === undefined ? {} : { healthCheckUrl: `${self.health}/readyz` },
      });
    }),
  );
}

const PLACE = /^[a-z][a-z0-9+.-]*:\/\/(\[[^\]]*\]|[^:/]+)(?::(\d+))?/;

function saidOf({ state, ready }: Status): InstanceStatus {
  if (state === 'starting') return 'STARTING';
  return state === 'ready' && ready ? 'UP' : 'DOWN';
}

/** Nobody can call an address that means all addresses of a machine. */
function reachableAt(address: string, said: string | undefined): string {
  const [, start = '', host = '', rest = ''] = /^([a-z+]+:\/\/)(\[[^\]]*\]|[^:/]*)(.*)$/.exec(address) ?? [];
  if (host !== '0.0.0.0' && host !== '[::]') return address;
  return `${start}${said ?? ownHost()}${rest}`;
}

function ownHost(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

function share(value: unknown): number {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof read === 'number' && read >= 0 && read <= 1_000_000) return read;
  throw new RangeError(`${String(value)} is not a number from 0 to 1,000,000`);
}

/** A lease of no time would end at once, one of days never. */
function span(value: unknown): number {
  const ms = count(Math.round(duration(value)));
  if (ms >= 100 && ms <= 86_400_000) return ms;
  throw new RangeError(`${String(value)} is not a duration from 100 ms to 1 d`);
}
