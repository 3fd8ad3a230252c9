/** Many clients of one server that is gone and comes back: when each of them tries to reach it, in virtual time. */
import {
  callOf,
  type Encoded,
  meshError,
  type Param,
  type Wire,
  type WireCalls,
  type WireTerms,
  addresses,
} from 'millrace';
import { virtualClock } from 'millrace/testing';
import {
  BehaviorSubject,
  concat,
  defer,
  EMPTY,
  finalize,
  NEVER,
  type Observable,
  of,
  Subject,
  takeUntil,
  throwError,
} from 'rxjs';
import { Peers } from '../../framework/discovery/peers.js';

export interface CrowdOptions {
  readonly clients: number;
  /** Seconds for which the server is gone. */
  readonly gone: number;
  readonly seed: number;
  /** Whether each client calls each second meanwhile. */
  readonly calling?: boolean;
}

export interface Crowd {
  /** Attempts of all clients in each second since the server was gone. */
  readonly attempts: readonly number[];
  /** Those of each second since it came back. */
  readonly back: readonly number[];
  /** Seconds after the server came back until the last client was connected again. */
  readonly whole: number;
  /** The most attempts of one client that were under way at once. */
  readonly atOnce: number;
}

const STATUS = { ready: true, state: 'ready', services: ['films'], checks: {} };

/** The server is there for two seconds, is gone, and is there until all are connected again. */
export async function crowd({ clients, gone, seed, calling = false }: CrowdOptions): Promise<Crowd> {
  const clock = virtualClock(seed);
  const terms: WireTerms = { clock, grace: 0, get: <T>({ initial }: Param<T>) => initial };
  const lost = new Subject<void>();
  const attempts: number[] = [];
  let here = true;
  let connected = 0;
  let atOnce = 0;

  const wireOf = (): Wire => {
    let open = 0;
    const answer = (): Observable<Encoded> => {
      connected += 1;
      return concat(of({ data: new TextEncoder().encode(JSON.stringify(STATUS)) }), NEVER).pipe(
        takeUntil(lost),
        finalize(() => (connected -= 1)),
      );
    };
    const call: WireCalls = ({ method }) =>
      defer(() => {
        if (method === 'films.title') return here ? of({ data: new Uint8Array(0) }) : EMPTY;
        open += 1;
        atOnce = Math.max(atOnce, open);
        const second = Math.floor(clock.now() / 1000);
        attempts[second] = (attempts[second] ?? 0) + 1;
        const refused = throwError(() => meshError('Unavailable', 'nobody is there'));
        return (here ? answer() : refused).pipe(finalize(() => (open -= 1)));
      });
    const wire: Wire = {
      name: 'tcp://127.0.0.1:7001',
      params: [],
      at: () => wire,
      endpoint: () => ({ availability: new BehaviorSubject(1), close: () => EMPTY, call }),
    };
    return wire;
  };

  const crowded = Array.from({ length: clients }, () => {
    const wire = wireOf();
    return new Peers([addresses(wire)], [wire], terms);
  });
  await clock.advance(2000);
  attempts.length = 0;
  const begun = 2;
  here = false;
  lost.next();
  const second = async (): Promise<void> => {
    if (calling) for (const each of crowded) callOnce(each);
    await clock.advance(1000);
  };
  for (let each = 0; each < gone; each++) await second();
  here = true;
  let whole = 0;
  for (; connected < clients; whole++) await second();
  for (const each of crowded) each.close().subscribe();
  const seconds = (from: number, length: number): number[] =>
    Array.from({ length }, (_, at) => attempts[from + at] ?? 0);
  return { attempts: seconds(begun, gone), back: seconds(begun + gone, whole), whole, atOnce };
}

function callOnce(peers: Peers): void {
  const call = callOf({ interaction: 'response', method: 'films.title', request: { data: new Uint8Array(0) } });
  peers
    .service('films')(call)
    .subscribe({ error: () => undefined });
}
