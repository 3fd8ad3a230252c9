/** What each route of the interop responder answers. */
import { crc32 } from 'node:zlib';
import { MeshError } from 'millrace';
import { decodeComposite, ErrorCode, type Payload, payload, routeOf, text, type WireService } from 'millrace/rsocket';
import {
  concat,
  defer,
  EMPTY,
  finalize,
  interval,
  isObservable,
  map,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  reduce,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { dropUnasked, series, switchOnFirst } from './sources.js';
import type { Counts, Stats } from './stats.js';

export function routes(stats: Stats): WireService {
  return (call) => {
    const { interaction, request } = call;
    if (isObservable(request)) return request.pipe(switchOnFirst(channelOf), counted(stats.counts, true));
    if (interaction === 'notify') return noted(request, stats.counts);
    if (interaction === 'stream') return streamOf(request).pipe(counted(stats.counts, true));
    return responseOf(request, stats).pipe(counted(stats.counts, false));
  };
}

/** Bytes in a pattern that shows a lost or swapped piece. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >>> 8)) & 0xff;
  return bytes;
}

function noted(request: Payload, counts: Counts): Observable<never> {
  return defer(() => {
    counts.fnf += 1;
    counts.lastFnf = text(request.data);
    return EMPTY;
  });
}

function responseOf(request: Payload, stats: Stats): Observable<Payload> {
  const { name, argument, route } = routeIn(request);
  switch (name) {
    case 'echo':
      return of(argument === 'meta' ? payload(mapOf(request.metadata)) : request);
    case 'size':
      return of(payload(`${request.data.length}:${crc32(request.data).toString(16)}`));
    case 'big':
      return of(payload(pattern(Number(argument))));
    case 'empty':
      return EMPTY;
    case 'never':
      return NEVER;
    case 'delay':
      return timer(Number(argument)).pipe(map(() => payload('delayed')));
    case 'error':
      return throwError(() => errorOf(argument, route));
    case 'stats':
      return argument === 'reset' ? resetOf(stats) : of(payload(stats.json()));
    default:
      return throwError(() => unknown('response', route));
  }
}

function streamOf(request: Payload): Observable<Payload> {
  const { name, argument, route } = routeIn(request);
  const length = Number(argument);
  const number = (index: number): Payload => payload(`${index}`);
  switch (name) {
    case 'empty':
      return EMPTY;
    case 'range':
      return series({ length, item: number });
    case 'slow':
      return series({ length, item: number, every: 10 });
    case 'interval':
      return interval(Number(argument)).pipe(dropUnasked(), map(number));
    case 'stream.error':
      return series({ length, item: number, error: new MeshError('Failed', 'stream-boom') });
    case 'stream.big':
      return series({ length, item: (index) => payload(pattern(100_000 + index)) });
    default:
      return throwError(() => unknown('stream', route));
  }
}

function channelOf(first: Payload): OperatorFunction<Payload, Payload> {
  const { name, argument, route } = routeIn(first);
  const echo = map((item: Payload) => payload(item.data));
  switch (name) {
    case 'channel.echo':
      return echo;
    case 'channel.sum':
      return (items) =>
        items.pipe(
          reduce((sum, { data }) => sum + Number(text(data)), 0),
          map((sum) => payload(`${sum}`)),
        );
    case 'channel.take':
      return (items) => items.pipe(take(Number(argument)), echo);
    case 'channel.error':
      return (items) =>
        concat(
          items.pipe(take(Number(argument)), echo),
          throwError(() => new MeshError('Failed', 'channel-boom')),
        );
    default:
      return () => throwError(() => unknown('channel', route));
  }
}

interface Route {
  readonly route: string;
  readonly name: string;
  /** What comes after the last dot of a route that has one. */
  readonly argument: string;
}

const withoutArgument: readonly string[] = ['channel.echo', 'channel.sum'];

function routeIn(request: Payload): Route {
  const route = routeOf(request.metadata) ?? '';
  const dot = route.lastIndexOf('.');
  if (dot === -1 || withoutArgument.includes(route)) return { route, name: route, argument: '' };
  return { route, name: route.slice(0, dot), argument: route.slice(dot + 1) };
}

const errors: Readonly<Record<string, Error>> = {
  '': new MeshError('Failed', 'boom'),
  rejected: new MeshError('Rejected', 'rejected'),
  canceled: new MeshError('Canceled', 'canceled'),
  invalid: new MeshError('Invalid', 'invalid'),
  custom: new MeshError('Failed', 'custom', { rsocketCode: 0x301 }),
};

function errorOf(kind: string, route: string): Error {
  return errors[kind] ?? unknown('response', route);
}

function unknown(model: string, route: string): MeshError {
  return new MeshError('Unknown', `no ${model} route '${route}'`, { rsocketCode: ErrorCode.INVALID });
}

function mapOf(metadata: Uint8Array | undefined): string {
  const entries = new Map(decodeComposite(metadata ?? new Uint8Array(0)).map(([type, value]) => [type, text(value)]));
  return `{${[...entries].map(([type, value]) => `${type}=${value}`).join(', ')}}`;
}

function resetOf(stats: Stats): Observable<Payload> {
  return defer(() => {
    stats.reset();
    return of(payload('ok'));
  });
}

/** Counts how an answer ended; a call that its caller left is one that ended in neither way. */
function counted(counts: Counts, many: boolean): OperatorFunction<Payload, Payload> {
  return (answer) =>
    defer(() => {
      let ended = false;
      return answer.pipe(
        tap({
          // A response ends with its item.
          next: () => (ended = !many),
          complete() {
            ended = true;
            if (many) counts.completes += 1;
          },
          error: () => (ended = true),
        }),
        finalize(() => {
          if (!ended) counts.cancels += 1;
        }),
      );
    });
}
