/** What a transport offers to an application: a place where its services are called, or where it calls others'. */
import type { Observable } from 'rxjs';
import type { Clock, Encoded, Endpoint, Param } from '../core/index.js';
import type { WireCalls } from './dispatch.js';

/** What an application says to its wires. */
export interface WireTerms {
  readonly clock: Clock;
  /** Milliseconds that open calls get to end when a place is closed. */
  readonly grace: number;
  /** Milliseconds that streams and channels among them get; as long as all where it is undefined. */
  readonly streamGrace?: number | undefined;
  /**
   * What each caller's connection is told that it may ask for, requests and milliseconds, given how many requests it has made in all;
   * undefined where there is no limit to tell of.
   */
  readonly leases?:
    ((used: () => number) => Observable<{ readonly requests: number; readonly ttl: number }>) | undefined;
  /** The configured value of one of the wire's params. */
  get<T>(param: Param<T>): T;
}

/** A place that is being served. */
export interface Served {
  /** Where, as those write it who call: `tcp://127.0.0.1:7001`. */
  readonly address: string;
  /** Cold: stops accepting, tells peers to go elsewhere, lets open calls end within the grace. Completes when all is closed. */
  close(): Observable<never>;
}

export interface Wire {
  /** `tcp://127.0.0.1:7001`, or the scheme alone where it is no particular place. */
  readonly name: string;
  /** What can be set about it. */
  readonly params: readonly Param<unknown>[];
  /** Answers whoever connects here; missing where it is no place to listen at. Rejects with Unavailable where the place is taken. */
  serve?(service: WireCalls, terms: WireTerms): Promise<Served>;
  /** Calls whoever listens here; dials at the first call. */
  endpoint(terms: WireTerms): Endpoint<Encoded | Observable<Encoded>, Encoded>;
  /** The same kind of wire at another place; undefined for an address that isn't of its kind. */
  at(address: string): Wire | undefined;
}
