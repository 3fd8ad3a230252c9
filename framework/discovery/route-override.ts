/** Says for one request, and all calls that are made for it, which instances of a service are to answer: a test in production. */
import { type Call, type MeshError, meshError } from '../core/index.js';
import type { InstanceMatch } from './instance-match.js';

/** The name in a call's baggage. */
export const ROUTE = 'route';

/** A text longer than this is refused, whoever sent it. */
const LONGEST = 1024;
/** Texts whose meaning is remembered. */
const MOST = 100;

const known = new Map<string, ReadonlyMap<string, InstanceMatch>>();

/**
 * What the call's baggage says of `service`: `catalog: version=v2, zone=b; ratings: id=ratings-3` sends its calls to instances of
 * catalog of that version and zone, and to one of ratings, wherever in the tree they are made. Undefined where it says nothing. Throws
 * Invalid, `MILLRACE_ROUTE`, for what can't be read. Source: after Finagle's dtab.local.
 */
export function routeOverride(call: Call<unknown>, service: string): InstanceMatch | undefined {
  if (call.baggage.size === 0) return undefined;
  const said = call.baggage.get(ROUTE);
  return said === undefined ? undefined : (known.get(said) ?? learnt(said)).get(service);
}

function learnt(said: string): ReadonlyMap<string, InstanceMatch> {
  if (said.length > LONGEST) throw wrong(said, `it is longer than ${LONGEST} characters`);
  const routes = new Map(
    said
      .split(';')
      .filter((part) => part.trim() !== '')
      .map((part) => routeOf(part, said)),
  );
  const oldest = known.size >= MOST ? known.keys().next().value : undefined;
  if (oldest !== undefined) known.delete(oldest);
  known.set(said, routes);
  return routes;
}

function routeOf(part: string, said: string): [string, InstanceMatch] {
  const [, service, conditions] = /^\s*([A-Za-z][\w.-]*)\s*:(.+)$/.exec(part) ?? [];
  if (service === undefined || conditions === undefined) throw wrong(said, `'${part.trim()}' names no service`);
  const pairs = conditions.split(',').map((pair): [string, string] => {
    const [, name, value] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw wrong(said, `'${pair.trim()}' is not a name and a value`);
    return [name, value];
  });
  return [service, Object.fromEntries(pairs)];
}

function wrong(said: string, why: string): MeshError {
  const shown = said.length > 80 ? `${said.slice(0, 79)}…` : said;
  return meshError('Invalid', `route '${shown}': ${why}; write 'catalog: version=v2, zone=b; ratings: id=ratings-3'`, {
    code: 'MILLRACE_ROUTE',
  });
}
