/** Applications at addresses: what they say of themselves, and who serves a method. */
import { catchError, defaultIfEmpty, EMPTY, firstValueFrom, lastValueFrom, takeUntil, timer } from 'rxjs';
import {
  type AppDescription,
  clientOf,
  describeContract,
  type Interaction,
  isMeshError,
  list,
  type MeshError,
  meshError,
  type MethodDescription,
  nearest,
  type Param,
  Platform,
  schedulerOf,
  systemClock,
  type Wire,
  wireAt,
} from '../../framework/index.js';
import { descriptionOf } from './description-of.js';
import { UsageError } from './status.js';
import { stopped, type Terminal } from './terminal.js';

/** Where services are that nobody has said the address of. */
const USUAL = 'tcp://127.0.0.1:7001';
/** How long an application may take to describe itself. */
const PATIENCE = '5 s';
/** Milliseconds that connections get to end in good order when all is done. */
const FAREWELL = 1000;

/** Values for params of wires, by name. */
export type WireValues = Readonly<Record<string, unknown>>;

export class Place {
  private readonly endpoint: ReturnType<Wire['endpoint']>;

  constructor(
    readonly address: string,
    wire: Wire,
    values: WireValues,
  ) {
    const get = <T>(param: Param<T>): T => (param.name in values ? param.parse(values[param.name]) : param.initial);
    this.endpoint = wire.endpoint({ clock: systemClock, grace: FAREWELL, get });
  }

  get call(): ReturnType<Wire['endpoint']>['call'] {
    return this.endpoint.call;
  }

  /** What the application there says of itself; undefined if the command was stopped. Rejects with a MeshError. */
  async description(terminal: Terminal): Promise<AppDescription | undefined> {
    const platform = clientOf(Platform, this).with({ deadline: PATIENCE });
    let said: unknown;
    try {
      said = await firstValueFrom(
        platform.describe(undefined).pipe(takeUntil(stopped(terminal)), defaultIfEmpty(undefined)),
      );
    } catch (error) {
      if (isMeshError(error, 'Late')) throw silent(this.address, error);
      throw isMeshError(error) && !UNABLE.has(error.tag) ? error : notMillrace(this.address, error);
    }
    if (terminal.stop.aborted) return undefined;
    const known = descriptionOf(said);
    if (known === undefined) throw notMillrace(this.address, undefined);
    return known;
  }

  /** Leaves it in good order, if that takes no longer than a second. */
  async close(): Promise<void> {
    const enough = timer(FAREWELL, schedulerOf(systemClock));
    const closing = this.endpoint.close().pipe(
      catchError(() => EMPTY),
      takeUntil(enough),
    );
    await lastValueFrom(closing, { defaultValue: undefined });
  }
}

/** What peers that aren't Millrace answer to a route that they don't have. */
const UNABLE: ReadonlySet<string> = new Set([
  'Unknown',
  'Invalid',
  'Failed',
  'Defect',
  'Rejected',
  'Canceled',
  'Overrun',
]);

/** Says that `--as` is needed. */
export const NOT_MILLRACE = 'MILLRACE_CLI_NOT_MILLRACE';

function notMillrace(address: string, cause: unknown): MeshError {
  const details = { code: NOT_MILLRACE, ...(cause === undefined ? {} : { cause }) };
  return meshError('Unknown', `${address} does not say what it serves, as a Millrace application would`, details);
}

function silent(address: string, cause: MeshError): MeshError {
  return meshError('Unavailable', `${address} did not say within ${PATIENCE} what it serves`, { cause });
}

/** The places that a user names by addresses, or in the environment. Throws where an address isn't one. */
export async function placesAt(
  given: readonly string[],
  terminal: Terminal,
  values: WireValues = {},
): Promise<readonly Place[]> {
  const said = given.length > 0 ? given : list(terminal.env['MILLRACE_AT']?.trim() || USUAL);
  const wires = await terminal.wires();
  return said.map((address) => {
    try {
      return new Place(address, wireAt(address, wires), values);
    } catch {
      throw new UsageError(`'${address}' is not an address such as tcp://127.0.0.1:7001 or ws://127.0.0.1:7002`);
    }
  });
}

/** A method that can be called. */
export interface Found {
  readonly place: Place;
  readonly interaction: Interaction;
  /** Of its contract. */
  readonly version: string;
  readonly method: MethodDescription;
}

/** Who serves `route`, of those first that come first; undefined if the command was stopped. Rejects with a MeshError. */
export async function find(route: string, places: readonly Place[], terminal: Terminal): Promise<Found | undefined> {
  const known: AppDescription[] = [];
  const failed: MeshError[] = [];
  for (const place of places) {
    try {
      const description = await place.description(terminal);
      if (description === undefined) return undefined;
      const found = methodOf(route, description);
      if (found !== undefined) return { place, interaction: found.method.interaction, ...found };
      known.push(description);
    } catch (error) {
      if (!isMeshError(error)) throw error;
      failed.push(error);
    }
  }
  const [first] = failed;
  if (first !== undefined && known.length === 0) throw failed.length === 1 ? first : allFailed(route, failed);
  throw unknownRoute(route, known, failed);
}

/** Served beside what a description says. */
const OWN = describeContract(Platform);

function methodOf(
  route: string,
  { contracts }: AppDescription,
): { readonly method: MethodDescription; readonly version: string } | undefined {
  const at = route.lastIndexOf('.');
  const contract = [...contracts, OWN].find(({ name }) => name === route.slice(0, at));
  const name = route.slice(at + 1);
  const method = contract !== undefined && Object.hasOwn(contract.methods, name) ? contract.methods[name] : undefined;
  return contract === undefined || method === undefined ? undefined : { method, version: contract.version };
}

function allFailed(route: string, failed: readonly MeshError[]): MeshError {
  const [cause] = failed;
  const why = failed.map(({ message }) => message).join('; ');
  return meshError(cause?.tag ?? 'Unavailable', `nobody who could serve ${route} was reached: ${why}`, { cause });
}

/** Names the route that was probably meant, and those that there are: of its contract, if that is known. */
function unknownRoute(route: string, known: readonly AppDescription[], failed: readonly MeshError[]): MeshError {
  const contracts = known.flatMap((each) => each.contracts);
  const service = route.slice(0, route.lastIndexOf('.'));
  const own = contracts.filter(({ name }) => name === service);
  const routesIn = (some: typeof contracts): string[] =>
    some.flatMap(({ name, methods }) => Object.keys(methods).map((method) => `${name}.${method}`));
  const all = routesIn(contracts);
  const meant = nearest(route, all);
  const listed = own.length > 0 ? routesIn(own) : all;
  const detail = {
    methods: listed,
    ...(failed.length === 0 ? {} : { 'not reached': failed.map(({ message }) => message) }),
  };
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return meshError('Unknown', `there is no ${route}${hint}`, { detail });
}
