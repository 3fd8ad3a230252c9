/** The three arrows: Service, Filter, Connect. Everything else in Millrace is made of them. */
import type { Observable } from 'rxjs';
import type { Call } from './call.js';

/**
 * Answers a call with a stream. Subscribing performs the call, unsubscribing cancels it, subscribing again performs
 * it again. A notify emits nothing, a response one item, a stream and a channel many.
 * Source: M. Eriksen, "Your Server as a Function", PLOS 2013, with a stream for the future.
 */
export type Service<Req, Rep> = (call: Call<Req>) => Observable<Rep>;

/** Makes a service of a service. The first two types are what it offers, the last two what it needs below it. */
export type Filter<Req, Rep, ReqOut = Req, RepIn = Rep> = (next: Service<ReqOut, RepIn>) => Service<Req, Rep>;

/** A filter that doesn't look at the messages. */
export type Agnostic = <Req, Rep>(next: Service<Req, Rep>) => Service<Req, Rep>;

/** Something that answers calls and can be closed: a connection, a pool, a balancer over many of either. */
export interface Endpoint<Req, Rep> {
  readonly call: Service<Req, Rep>;
  /** How ready it is, from 0 (not at all) to 1; emits the present value on subscription, completes when closed. */
  readonly availability: Observable<number>;
  /** Cold: subscribing closes in good order (open calls end first); completes when closed. */
  close(): Observable<never>;
}

/** Makes a service of a target: an address, an instance. Dialling may wait for the first call. */
export type Connect<Target, Req, Rep> = (target: Target) => Endpoint<Req, Rep>;

/** Composes filters, outermost first, as they are read. */
export function filters(...all: Agnostic[]): Agnostic;
export function filters<A, Z, B, Y>(f: Filter<A, Z, B, Y>): Filter<A, Z, B, Y>;
export function filters<A, Z, B, Y, C, X>(f: Filter<A, Z, B, Y>, g: Filter<B, Y, C, X>): Filter<A, Z, C, X>;
export function filters<A, Z, B, Y, C, X, D, W>(
  f: Filter<A, Z, B, Y>,
  g: Filter<B, Y, C, X>,
  h: Filter<C, X, D, W>,
): Filter<A, Z, D, W>;
export function filters(...all: Agnostic[]): Agnostic {
  return (next) => all.reduceRight((service, filter) => filter(service), next);
}
