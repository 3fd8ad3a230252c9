/** Dials, greets and gives a connection; or does so at the first call. */
import {
  BehaviorSubject,
  catchError,
  defer,
  EMPTY as NOTHING_MORE,
  merge,
  mergeMap,
  Observable,
  shareReplay,
} from 'rxjs';
import {
  type Clock,
  type Connect,
  duration,
  type MeshError,
  meshError,
  type Overflow,
  systemClock,
} from '../../framework/kernel.js';
import { concat, EMPTY } from './bytes.js';
import { COMPOSITE } from './composite.js';
import type { Connection } from './connection.js';
import { LEAST_FRAGMENT } from './fragments.js';
import { type Common, greet } from './handshake.js';
import { encodeHello } from './hello.js';
import type { LeaseSource } from './lease.js';
import { type Limits, limitsOf } from './limits.js';
import { dial } from './dial.js';
import type { Transport } from './link.js';
import type { Payload } from './payload.js';
import { MAX_FRAME, PREFIX } from './protocol.js';
import { newToken, Resuming } from './resuming.js';
import { LONGEST_TIME, type Setup } from './setup.js';
import type { WireRequest, WireService } from './wire-service.js';

/** What both sides may set. */
export interface CommonOptions {
  /** Rows of the table of limits that are to differ from their defaults. */
  readonly limits?: { readonly [K in keyof Limits]?: number | string };
  /** Frames that are sent have at most so many bytes, 64 or more. Default 16,777,212: items are split only when they must be. */
  readonly fragment?: number | undefined;
  /** What a stream does with items that nobody has asked for. Default: keep 256, then fail with Overrun. */
  readonly overflow?: Overflow;
  readonly clock?: Clock;
  /**
   * What the other side may ask for. A server with leases takes clients that keep to them, and those that know of none; a Millrace
   * client keeps to them in any case, as soon as the first has come. Without
   * it refuses clients that want them. A client without grants all.
   */
  readonly leases?: LeaseSource | undefined;
}

export interface ConnectOptions extends CommonOptions {
  /** Answers the calls that the server makes. */
  readonly responder?: WireService;
  /** What SETUP says beside times; the metadata's type is composite metadata by default, the data's `application/octet-stream`. */
  readonly setup?: Partial<Pick<Setup, 'data' | 'metadata' | 'dataMimeType' | 'metadataMimeType'>>;
  /** Between two KEEPALIVE frames. Default 20 s. */
  readonly keepAlive?: string | number;
  /** Whether to make no request that no lease covers; those beyond wait, up to `rsocket.lease-queue`. Default false. */
  readonly lease?: boolean;
  /** Whether the connection is to go on where it was if it is lost (RSocket's RESUME). Default false. */
  readonly resume?: boolean;
  /** Without a sign of life for so long, the server is taken for dead. Default 90 s. */
  readonly lifetime?: string | number;
}

/**
 * Dials and resolves with the connection once the transport is up. RSocket's SETUP is not answered when it is accepted: a
 * refusal ends the connection, and the calls on it, later. Rejects with Unavailable where nobody listens.
 */
export async function connect(transport: Transport, options: ConnectOptions = {}): Promise<Connection> {
  const common = commonOf(options);
  const setup = setupOf(options, common.limits);
  const link = await dial(transport, common.clock, common.limits.dialTime);
  if (options.resume !== true) return greet(link, { ...setup, token: undefined }, options.responder, common);
  const token = transport.token?.() ?? newToken();
  const { clock, limits } = common;
  const session = new Resuming(transport, { clock, limits, token }).of(link);
  return greet(session, { ...setup, token }, options.responder, common);
}

/**
 * The arrow from a place to an endpoint: dials at the first call, once for all that wait, and again at the first call after
 * one of the two sides has begun to leave the connection.
 */
export function rsocket(options: ConnectOptions = {}): Connect<Transport, WireRequest, Payload> {
  return (transport) => {
    const availability = new BehaviorSubject(1);
    let present: Observable<Connection> | undefined;
    let open: Connection | undefined;
    /** With those that one of the two sides leaves, which end with what is open on them. */
    const all = new Set<Connection>();
    let closed = false;
    const connection = (): Observable<Connection> => {
      if (closed) throw meshError('Unavailable', `the endpoint of ${transport.name} is closed`);
      return (present ??= defer(() => connect(transport, options)).pipe(watchEnd(), shareReplay(1)));
    };
    const watchEnd = () => (dialling: Observable<Connection>) =>
      new Observable<Connection>((subscriber) =>
        dialling.subscribe({
          next(made) {
            open = made;
            all.add(made);
            const gone = (): void => void all.delete(made);
            // It keeps the leases of its connection; without one a call dials, and waits for what that grants.
            const levels = made.availability.subscribe((level) => open === made && availability.next(level));
            const left = (): void => {
              levels.unsubscribe();
              present = open = undefined;
              if (!closed) availability.next(1);
            };
            made.leaving.subscribe({ complete: left });
            made.closed.subscribe({ error: gone, complete: gone });
            subscriber.next(made);
            subscriber.complete();
          },
          error(error: MeshError) {
            present = undefined;
            subscriber.error(error);
          },
        }),
      );
    return {
      call: (call) =>
        defer(() => (open === undefined ? connection().pipe(mergeMap((made) => made.call(call))) : open.call(call))),
      availability,
      close: () =>
        defer(() => {
          closed = true;
          availability.next(0);
          availability.complete();
          const dialled = present?.pipe(
            mergeMap((made) => made.close()),
            catchError(() => NOTHING_MORE),
          );
          return merge(dialled ?? NOTHING_MORE, ...[...all].map((made) => made.close()));
        }),
    };
  };
}

/** Three bytes less than a frame may have: rsocket-java counts the length prefix in, and hangs on more. */
const MAX_SENT = MAX_FRAME - PREFIX;

/** The checked form of what both sides may set. */
export function commonOf(options: CommonOptions): Common {
  const { fragment = MAX_SENT } = options;
  if (!Number.isInteger(fragment) || fragment < LEAST_FRAGMENT || fragment > MAX_FRAME) {
    throw meshError('Invalid', `fragment: ${fragment} is not a number of bytes from ${LEAST_FRAGMENT} to ${MAX_FRAME}`);
  }
  return {
    limits: limitsOf(options.limits),
    clock: options.clock ?? systemClock,
    fragment,
    overflow: options.overflow,
    leases: options.leases,
  };
}

function setupOf(options: ConnectOptions, limits: Limits): Setup {
  const { setup = {}, keepAlive = '20 s', lifetime = '90 s' } = options;
  const metadataMimeType = setup.metadataMimeType ?? COMPOSITE;
  const hello = encodeHello({ windowBytes: limits.windowBytes, leases: true });
  const composite = metadataMimeType === COMPOSITE;
  return {
    keepAlive: time(keepAlive, 'keepAlive'),
    lifetime: time(lifetime, 'lifetime'),
    metadataMimeType: short(metadataMimeType),
    dataMimeType: short(setup.dataMimeType ?? 'application/octet-stream'),
    metadata: composite ? concat([setup.metadata ?? EMPTY, hello]) : setup.metadata,
    data: setup.data ?? EMPTY,
    resume: options.resume === true,
    lease: options.lease === true,
  };
}

function time(value: string | number, name: string): number {
  const ms = duration(value);
  if (Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_TIME) return ms;
  throw meshError('Invalid', `${name}: ${value} is not from 1 to ${LONGEST_TIME} whole milliseconds`);
}

function short(type: string): string {
  if (type.length <= 255 && /^[\x20-\x7e]*$/.test(type)) return type;
  throw meshError('Invalid', `'${type}' is not a MIME type of at most 255 ASCII characters`);
}
