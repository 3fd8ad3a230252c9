/** `millrace call`: one call of any of the four models, whose answer is printed as it comes. */
import { type Observable, take, takeUntil } from 'rxjs';
import {
  CALL_DEADLINE,
  callOf,
  codecs,
  type Codec,
  CONTRACT_VERSION,
  deadline,
  duration,
  type Encoded,
  encoding,
  type Interaction,
  isMeshError,
  iterate,
  json,
  type MethodDescription,
  type Reply,
  replyPlace,
  systemClock,
} from '../../framework/index.js';
import { messageOf, requestOf } from './call-messages.js';
import { type CallOptions, callOptionsOf, type CallWords } from './call-options.js';
import { errorText } from './error-text.js';
import { jsonLine, jsonText } from './json-text.js';
import { laidOut } from './layout.js';
import { Pace } from './pace.js';
import { find, type Place, placesAt, type WireValues } from './remote.js';
import { DONE, FAILED, signalStatus, UsageError } from './status.js';
import { paintFor, print, stopped, type Terminal, widthOf } from './terminal.js';
import { typeLayout } from './type-text.js';

/** Calls `route`, and resolves with the exit status once the answer has ended, was left, or has failed. */
export async function call(
  terminal: Terminal,
  route: string,
  text: string | undefined,
  words: CallWords,
): Promise<number> {
  const options = callOptionsOf(words);
  const message = messageOf(text);
  checkRoute(route, options);
  const places = await placesAt(options.at, terminal, wireValues(options));
  let target: Target | undefined;
  try {
    target = await targetOf(route, places, terminal, options);
    if (target === undefined) return signalStatus(terminal.stop.reason);
    const request = await requestOf(message, target.interaction, route, terminal);
    return await perform(terminal, { ...target, route, request, options });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (terminal.stop.aborted) return signalStatus(terminal.stop.reason);
    const more = target?.method === undefined ? [] : [takes(target.method, terminal)];
    const room = { columns: widthOf(terminal.err), paint: paintFor(terminal.err) };
    await print(terminal.err, errorText(error, { ...room, more: isMeshError(error, 'Invalid') ? more : [] }));
    return FAILED;
  } finally {
    await Promise.all(places.map((place) => place.close()));
  }
}

interface Target {
  readonly place: Place;
  readonly interaction: Interaction;
  readonly version: string;
  /** Undefined where the user said how to call it. */
  readonly method: MethodDescription | undefined;
}

/** Who is called, and how; undefined if the command was stopped. With `--as` nobody is asked. */
async function targetOf(
  route: string,
  places: readonly Place[],
  terminal: Terminal,
  { as }: CallOptions,
): Promise<Target | undefined> {
  if (as === undefined) return find(route, places, terminal);
  const [place, ...others] = places;
  if (place === undefined || others.length > 0) throw new UsageError('with --as there is one --at: nobody is asked');
  return { place, interaction: as, version: '1', method: undefined };
}

interface Performance extends Target {
  readonly route: string;
  readonly request: unknown;
  readonly options: CallOptions;
}

async function perform(terminal: Terminal, what: Performance): Promise<number> {
  const { options, place, route, interaction } = what;
  const reply = replyPlace();
  const say = (line: string): unknown => options.verbose && print(terminal.err, line);
  await say(`${route} (${interaction}) at ${place.address}`);
  try {
    await printAll(terminal, answerOf(what, reply).pipe(take(options.take), takeUntil(stopped(terminal))), options);
  } finally {
    for (const [name, value] of reply.metadata) await say(`${jsonLine(name)}: ${jsonLine(value)}`);
  }
  return terminal.stop.aborted ? signalStatus(terminal.stop.reason) : DONE;
}

function answerOf({ options, place, version, ...what }: Performance, reply: Reply): Observable<unknown> {
  const usual = what.interaction === 'response' ? CALL_DEADLINE.initial : Infinity;
  const declared = what.method?.deadline;
  const patience = options.deadline ?? (declared === undefined ? usual : duration(declared));
  const service = deadline(systemClock)(encoding(place.call, codecs(what.method === undefined ? lenient : wide)));
  return service(
    callOf({
      interaction: what.interaction,
      method: what.route,
      request: what.request,
      metadata: version.split('.')[0] === '1' ? options.metadata : withVersion(options.metadata, version),
      deadline: systemClock.now() + patience,
      priority: options.priority,
      baggage: options.baggage,
      reply,
    }),
  );
}

function withVersion(metadata: CallOptions['metadata'], version: string): CallOptions['metadata'] {
  return new Map([...metadata, [CONTRACT_VERSION, version]]);
}

/** Prints items one by one: the next is asked for when one is written, and its time has come. */
async function printAll(terminal: Terminal, answer: Observable<unknown>, options: CallOptions): Promise<void> {
  const room = { columns: widthOf(terminal.out), paint: paintFor(terminal.out) };
  const pace = new Pace(options.rate, systemClock);
  let left = options.take;
  for await (const item of iterate(answer)) {
    if (item !== undefined) await print(terminal.out, options.json ? jsonLine(item) : jsonText(item, room));
    left -= 1;
    if (left > 0) await pace.wait(terminal.stop);
  }
}

/** Items are as many and as deep as the service sends them: its own bounds hold. */
const wide = json({ depth: 1000, items: 10_000_000 });

/** For peers that aren't Millrace: what is no JSON is a text. */
const lenient: Codec = {
  ...wide,
  decode(message: Encoded) {
    try {
      return wide.decode(message);
    } catch {
      return message.text?.() ?? new TextDecoder().decode(message.data);
    }
  },
};

/** A slow reader asks for a quarter of a second's items ahead, a call that is left soon for no more than it takes. */
function wireValues({ rate, take: most }: CallOptions): WireValues {
  if (rate < Infinity) {
    const window = Math.min(255, Math.max(1, Math.ceil(rate / 4)));
    return { 'rsocket.window': window, 'rsocket.first-window': window, 'rsocket.fast-window': window };
  }
  return most < FIRST_WINDOW ? { 'rsocket.first-window': most } : {};
}

/** What a stream asks for at first, by default. */
const FIRST_WINDOW = 32;

function takes({ request }: MethodDescription, terminal: Terminal): string {
  const room = { columns: widthOf(terminal.err), paint: paintFor(terminal.err), indent: 2 };
  return `it takes ${laidOut(typeLayout(request), room)}`;
}

function checkRoute(route: string, { as }: CallOptions): void {
  if (as === undefined ? /^[^.].*\.[^.]+$/.test(route) : route !== '') return;
  throw new UsageError(`'${route}' is not a method's name such as catalog.title`);
}
