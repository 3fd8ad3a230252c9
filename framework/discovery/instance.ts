/** One running copy of an application, as registries know it and balancers choose it. */

/** What an instance says of itself, or an operator of it. Names and meaning are Eureka's. */
export type InstanceStatus = 'UP' | 'DOWN' | 'STARTING' | 'OUT_OF_SERVICE' | 'UNKNOWN';

export const INSTANCE_STATUSES: readonly InstanceStatus[] = ['UP', 'DOWN', 'STARTING', 'OUT_OF_SERVICE', 'UNKNOWN'];

/** A port, and whether it is open: registries keep the number of one that isn't. */
export interface InstancePort {
  readonly number: number;
  readonly enabled: boolean;
}

/** Immutable; who changes something registers a newer one, with a later `dirty`. */
export interface Instance {
  /** The application, in upper case: `CATALOG`. */
  readonly app: string;
  /** Unique within the application. */
  readonly id: string;
  readonly host: string;
  readonly ip: string;
  readonly port: InstancePort;
  readonly securePort: InstancePort;
  /** Virtual addresses, one or several with commas between; empty for none. */
  readonly vip: string;
  readonly svip: string;
  /** As the instance itself says. */
  readonly status: InstanceStatus;
  /** As an operator says, which holds before its own; UNKNOWN for nothing. */
  readonly override: InstanceStatus;
  /** Empty where nobody has said. */
  readonly zone: string;
  readonly region: string;
  /** Where Millrace wires reach it, `tcp://127.0.0.1:7001`; empty for an instance that speaks something else. */
  readonly addresses: readonly string[];
  /** Names of the contracts that it serves. */
  readonly services: readonly string[];
  /** Its share of calls against others of the same application. Default 1; 0 for none. */
  readonly weight: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds between its signs of life, and without one after which it is taken for dead. */
  readonly lease: { readonly renewal: number; readonly duration: number };
  /** When the instance last changed what it says, milliseconds since 1970: of two versions the later one holds. */
  readonly dirty: number;
  /** What registries keep for others and don't read: URLs, data centre, group names. */
  readonly extras: Readonly<Record<string, unknown>>;
}

/** What makes an instance unique in a registry: `CATALOG/catalog-1`. */
export function keyOf({ app, id }: Pick<Instance, 'app' | 'id'>): string {
  return `${app}/${id}`;
}

/** The status that holds: who says itself that it is down or starting is; else the operator's, else its own. */
export function statusOf({ status, override }: Pick<Instance, 'status' | 'override'>): InstanceStatus {
  return override === 'UNKNOWN' || status === 'DOWN' || status === 'STARTING' ? status : override;
}

/** An instance of what is known; what is left out gets its default. */
export function instanceOf(parts: Pick<Instance, 'app' | 'id'> & Partial<Instance>): Instance {
  return {
    host: '127.0.0.1',
    ip: '127.0.0.1',
    port: CLOSED,
    securePort: CLOSED,
    vip: '',
    svip: '',
    status: 'UP',
    override: 'UNKNOWN',
    zone: '',
    region: '',
    addresses: [],
    services: [],
    weight: 1,
    metadata: {},
    lease: { renewal: 30_000, duration: 90_000 },
    dirty: 0,
    extras: {},
    ...parts,
    app: parts.app.toUpperCase(),
  };
}

const CLOSED: InstancePort = { number: 0, enabled: false };
