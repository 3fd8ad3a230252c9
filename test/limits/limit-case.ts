/** What a case of a limit is, and what the cases have in common: a server in virtual time, and what becomes of a request. */
import { virtualClock, type VirtualClock } from 'millrace/testing';
import {
  type Limits,
  listen,
  memory,
  type Payload,
  type Server,
  text,
  type Transport,
  type WireService,
} from 'millrace/rsocket';
import { isObservable, lastValueFrom, NEVER, of } from 'rxjs';
import { ErrorCode, type ErrorFrame, type PayloadFrame, responseFrame } from '../rsocket/raw-frame.js';
import { createTally, type Tally } from '../rsocket/tally.js';
import type { RawClient } from './raw-client.js';

export interface LimitCase {
  readonly limit: number;
  /** Where the row alone does not make the case. */
  readonly others?: Partial<Limits>;
  /** Does as much as `amount` where `limit` is allowed; says what came of it. */
  attempt(amount: number, place: Place): Promise<string>;
  /** What comes of one less than the limit, of the limit, and of one more. */
  readonly outcomes: readonly [string, string, string];
}

export interface Place {
  readonly transport: Transport;
  readonly server: Server;
  readonly limits: Partial<Limits>;
  readonly clock: VirtualClock;
  /** `called`, and what the requests said. */
  readonly calls: Tally;
}

/** A server that echoes, but for requests of `hang`, and answers `bytes N` with so many. */
export async function placeOf(limits: Partial<Limits>): Promise<Place & { close(): Promise<void> }> {
  const transport = memory();
  const clock = virtualClock();
  const calls = createTally();
  const server = await listen(transport, echoing(calls), { limits, clock, grace: 0, resume: true });
  return {
    transport,
    server,
    limits,
    clock,
    calls,
    async close() {
      const closed = lastValueFrom(server.close(), { defaultValue: undefined });
      await clock.advance(2000);
      await closed;
    },
  };
}

function echoing(calls: Tally): WireService {
  return ({ request }) => {
    if (isObservable(request)) return request;
    const words = request.data.length > 64 ? '' : text(request.data);
    calls.add('called');
    calls.add(words);
    if (words === 'hang') return NEVER;
    const bytes = /^bytes (\d+)$/.exec(words)?.[1];
    const answer: Payload = bytes === undefined ? request : { data: new Uint8Array(Number(bytes)) };
    return of(answer);
  };
}

/** What became of a request: `answered`, or the name of an error's code. */
export async function outcomeOf(client: RawClient, streamId: number): Promise<string> {
  const frame = await client.expectFrame(
    (each): each is PayloadFrame | ErrorFrame =>
      (each.name === 'PAYLOAD' && each.streamId === streamId) ||
      (each.name === 'ERROR' && (each.streamId === streamId || each.streamId === 0)),
    `an answer on stream ${streamId}`,
  );
  if (frame.name === 'PAYLOAD') return 'answered';
  const name = Object.entries(ErrorCode).find(([, code]) => code === frame.code)?.[0] ?? String(frame.code);
  if (frame.streamId !== 0) return name;
  await client.expectClosed();
  return `${name}, and the end of the connection`;
}

/** Sends a request that is echoed, and says what became of it. */
export function ask(client: RawClient, streamId: number): Promise<string> {
  client.send(responseFrame(streamId, 'echo'));
  return outcomeOf(client, streamId);
}

/** Turns of the event loop enough for what was sent over memory to have had its effect. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
