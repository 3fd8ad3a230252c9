/** Hosts of a simulated network with real engines on them. */
import { asMeshError, consume, type ErrorTag, fromIterable, type MeshError } from 'millrace';
import {
  connect,
  type Connection,
  type ConnectOptions,
  listen,
  type ListenOptions,
  type Payload,
  payload,
  type Server,
  text,
  type WireService,
} from 'millrace/rsocket';
import {
  type Host,
  network,
  type Network,
  type NetworkOptions,
  virtualClock,
  type VirtualClock,
} from 'millrace/testing';
import { EMPTY, isObservable, map, type Observable, of } from 'rxjs';

export interface Scene {
  readonly clock: VirtualClock;
  readonly net: Network;
  readonly home: Host;
  readonly catalog: Host;
  /** Listens at port 7001 of a host. */
  serve(host: Host, service?: WireService, options?: ListenOptions): Promise<Server>;
  dial(from: Host, to: string, options?: ConnectOptions): Promise<Connection>;
}

/** A network of `home` and `catalog`; a keep-alive each second and a lifetime of four, unless said otherwise. */
export function scene(options: NetworkOptions & { readonly seed?: number } = {}): Scene {
  const clock = virtualClock();
  const net = network({ clock, ...options });
  return {
    clock,
    net,
    home: net.host('home'),
    catalog: net.host('catalog'),
    serve: (host, service = echo, more = {}) => listen(host.at(7001), service, { clock: host.clock, ...more }),
    dial: (from, to, more = {}) =>
      clock.until(connect(from.to(to, 7001), { clock: from.clock, keepAlive: '1 s', lifetime: '4 s', ...more })),
  };
}

/** Answers a request with itself, a stream with as many numbers as it says, and a channel with what comes. */
export const echo: WireService = ({ request, interaction }) => {
  if (isObservable(request)) return request;
  if (interaction === 'notify') return EMPTY;
  return interaction === 'response' ? of(request) : count(Number(text(request)));
};

/** Numbers from 0, as they are wanted. */
export function count(length: number, each: () => void = () => undefined): Observable<Payload> {
  function* numbers(): Iterable<number> {
    for (let n = 0; n < length; n++) {
      each();
      yield n;
    }
  }
  return fromIterable(numbers).pipe(map((n) => payload(`${n}`)));
}

/** Everything that a call gives: its items as texts. */
export async function all(answer: Observable<Payload>): Promise<readonly string[]> {
  const texts: string[] = [];
  await consume(answer, (item) => void texts.push(text(item)));
  return texts;
}

/** How something fails; undefined if it doesn't. */
export async function failure(result: PromiseLike<unknown>): Promise<MeshError | undefined> {
  try {
    await result;
    return undefined;
  } catch (error) {
    return asMeshError(error);
  }
}

/** The tag of the error, or `none`. */
export async function tagOf(result: PromiseLike<unknown>): Promise<ErrorTag | 'none'> {
  return (await failure(result))?.tag ?? 'none';
}
