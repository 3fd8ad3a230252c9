/** A contract's client: methods that make a call of each subscription, on behalf of the call that is being answered, if any. */
import type { ObservableInput, Subscriber } from 'rxjs';
import {
  type Agnostic,
  ambientCall,
  type Call,
  type Clock,
  deadline,
  duration,
  MeshError,
  type Metadata,
  type Priority,
  replyPlace,
  type Service,
  sinkOf,
  systemClock,
} from '../core/index.js';
import { observableOf, Pulled } from '../demand/index.js';
import { AS_IT_IS, Checked } from './answer.js';
import { type AnyMethod, type Client, type Contract, type Overrides } from './contract.js';
import type { Failures } from './failure.js';
import type { Methods } from './contract.js';
import { invalidMessage } from './schema.js';

/** Names in a call's metadata that Millrace itself uses; they travel in entries of their own. */
export const CONTENT_TYPE = 'content-type';
export const CONTRACT_VERSION = 'contract-version';

export interface ClientOptions {
  readonly clock?: Clock;
  /** The deadline of a response whose contract and caller name none, in milliseconds. Default `Infinity`. */
  readonly deadline?: number;
  /** Answers are checked here too. Default false. */
  readonly check?: boolean;
  /** What stands before all calls, their deadline included. */
  readonly filter?: Agnostic;
}

/** A client whose calls `service` performs, with values for messages (a channel's request is an Observable of them). */
export function typedClient<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  service: Service<unknown, unknown>,
  options: ClientOptions = {},
): Client<Contract<M, F>> {
  const clock = options.clock ?? systemClock;
  const timed = deadline(clock)(service);
  const asked = options.filter === undefined ? timed : options.filter(timed);
  const make = (said: Overrides): unknown => {
    const terms = termsOf(contract, said);
    const client: Record<string, unknown> = { with: (more: Overrides) => make({ ...said, ...more }) };
    for (const [name, method] of Object.entries(contract.methods)) {
      client[name] = ask(`${contract.name}.${name}`, method, asked, terms, clock, options);
    }
    return client;
  };
  return make(options.check === undefined ? {} : { check: options.check }) as Client<Contract<M, F>>;
}

/** What a client says of each of its calls, read once. */
interface Terms {
  readonly deadline: number | undefined;
  readonly priority: Priority | undefined;
  readonly metadata: Metadata;
  readonly baggage: Metadata | undefined;
  readonly said: Overrides;
}

const NOTHING: Metadata = new Map();
const PRIORITIES: ReadonlySet<unknown> = new Set<Priority>(['critical', 'default', 'degraded', 'bulk']);
const SAID: ReadonlySet<string> = new Set<keyof Overrides>([
  'deadline',
  'priority',
  'metadata',
  'baggage',
  'idempotencyKey',
  'reply',
  'serving',
  'check',
  'codec',
]);

function termsOf({ name, version }: Contract<Methods, Failures>, said: Overrides): Terms {
  for (const key of Object.keys(said)) {
    if (!SAID.has(key)) throw wrong(`${name}: with({ ${key} }) says nothing; there are ${[...SAID].join(', ')}`);
  }
  if (said.priority !== undefined && !PRIORITIES.has(said.priority)) {
    throw wrong(`${name}: priority '${said.priority}' is not one of ${[...PRIORITIES].join(', ')}`);
  }
  const metadata = new Map(pairsOf(said.metadata, name));
  if (said.codec !== undefined) metadata.set(CONTENT_TYPE, said.codec);
  if (version.split('.')[0] !== '1') metadata.set(CONTRACT_VERSION, version);
  return {
    deadline: said.deadline === undefined ? undefined : duration(said.deadline),
    priority: said.priority,
    metadata: metadata.size === 0 ? NOTHING : metadata,
    baggage: said.baggage === undefined ? undefined : new Map(pairsOf(said.baggage, name)),
    said,
  };
}

function pairsOf(record: Readonly<Record<string, string>> | undefined, name: string): [string, string][] {
  const pairs = Object.entries(record ?? {});
  for (const [key, value] of pairs) {
    if (typeof value !== 'string') throw wrong(`${name}: the value of ${key} in with(…) is not a text`);
  }
  return pairs;
}

function ask(
  route: string,
  method: AnyMethod,
  service: Service<unknown, unknown>,
  terms: Terms,
  clock: Clock,
  options: ClientOptions,
): (request: unknown) => Pulled<unknown> {
  const { interaction } = method;
  const usual = interaction === 'response' ? (options.deadline ?? Infinity) : Infinity;
  const patience = terms.deadline ?? (method.deadline === undefined ? usual : duration(method.deadline));
  const refuse = invalidMessage(`what ${route} answered`);
  return (given) =>
    new Pulled((subscriber) => {
      const parent = terms.said.serving ?? sinkOf(subscriber)?.serving ?? ambientCall();
      const request = interaction === 'channel' ? observableOf(given as ObservableInput<unknown>) : given;
      const call = callFrom(parent, route, method, request, terms, patience, clock);
      const answer = service(call);
      if (terms.said.check !== true) return answer.subscribe(subscriber);
      const to = subscriber as Subscriber<unknown>;
      return answer.subscribe(new Checked(to, method.reply, AS_IT_IS.decode, AS_IT_IS.encode, refuse));
    });
}

/** A call with what its client says, and for the rest what the call says that it is made for. */
function callFrom(
  parent: Call<unknown> | undefined,
  method: string,
  { interaction, idempotent }: AnyMethod,
  request: unknown,
  terms: Terms,
  patience: number,
  clock: Clock,
): Call<unknown> {
  const { said, baggage } = terms;
  const own = patience === Infinity ? Infinity : clock.now() + patience;
  const inherited = parent?.baggage ?? NOTHING;
  return {
    interaction,
    method,
    request,
    metadata: terms.metadata,
    deadline: parent === undefined ? own : Math.min(own, parent.deadline),
    priority: terms.priority ?? parent?.priority ?? 'default',
    trace: parent?.trace,
    baggage: baggage === undefined ? inherited : new Map([...inherited, ...baggage]),
    idempotencyKey: said.idempotencyKey,
    idempotent: idempotent === true,
    reply: said.reply ?? replyPlace(),
  };
}

function wrong(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_CLIENT' });
}
