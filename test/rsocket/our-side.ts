/** Millrace as a side of a case. */

import { fromIterable, isMeshError, iterate, MeshError } from 'millrace';
import { connect, listen, payload, tcp, websocket, type Payload, type WireService } from 'millrace/rsocket';
import {
  EMPTY,
  finalize,
  isObservable,
  lastValueFrom,
  map,
  NEVER,
  of,
  takeWhile,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import type { RawTransport } from './raw-peer.js';
import { pattern, routeIn, WireFailure, type Caller, type Flow, type Message, type Side } from './side.js';
import type { Tally } from './tally.js';

export const ourSide: Side = {
  name: 'millrace',
  async listen(transport, options) {
    const { tally, refuse, fragment } = options;
    let met: (caller: Caller) => void = () => undefined;
    const client = new Promise<Caller>((resolve) => (met = resolve));
    const server = await listen(place(transport, 0), responder(tally), {
      ...(fragment === undefined ? {} : { fragment }),
      accept(setup, peer) {
        tally.add(`setup ${textOf(setup.data)} ${textOf(setup.metadata)}`);
        tally.add(`mime ${setup.dataMimeType} ${setup.metadataMimeType}`);
        if (refuse !== undefined) throw new MeshError('Denied', refuse);
        met(callerOf(peer));
        return undefined;
      },
    });
    return { port: server.address.port, client, close: () => lastValueFrom(server.close(), nothing) };
  },
  async connect(transport, port, options) {
    const { setup, dataMimeType, metadataMimeType, fragment, keepAlive, lifetime } = options;
    const connection = await connect(place(transport, port), {
      responder: responder(options.tally),
      setup: {
        ...(setup === undefined ? {} : { data: setup.data }),
        ...(setup?.metadata === undefined ? {} : { metadata: setup.metadata }),
        ...(dataMimeType === undefined ? {} : { dataMimeType }),
        ...(metadataMimeType === undefined ? {} : { metadataMimeType }),
      },
      ...(keepAlive === undefined ? {} : { keepAlive: `${keepAlive} ms` }),
      ...(lifetime === undefined ? {} : { lifetime: `${lifetime} ms` }),
      ...(fragment === undefined ? {} : { fragment }),
    });
    return callerOf(connection);
  },
};

type Connection = Awaited<ReturnType<typeof connect>>;

const nothing = { defaultValue: undefined };

function callerOf(connection: Connection): Caller {
  return {
    response: async (request) => {
      const answer = await lastValueFrom(connection.response(ourPayload(request)), nothing).catch(rethrow);
      return answer === undefined ? undefined : messageOf(answer);
    },
    async abandon(request, sent) {
      const subscription = connection.response(ourPayload(request)).subscribe();
      await sent;
      subscription.unsubscribe();
    },
    notify: (request) => lastValueFrom(connection.notify(ourPayload(request)), nothing).catch(rethrow),
    push: (metadata) => lastValueFrom(connection.push(metadata), nothing).catch(rethrow),
    stream: (request) => flow(connection.stream(ourPayload(request))),
    channel: (messages) => flow(connection.channel(fromIterable(() => payloadsOf(messages)))),
    closed: lastValueFrom(connection.closed, nothing).then(() => undefined, failure),
    close: () => void connection.close().subscribe({ error: () => undefined }),
  };
}

function flow(source: Observable<Payload>): Flow {
  const iterator = iterate(source)[Symbol.asyncIterator]();
  return {
    async take(count) {
      const taken: Message[] = [];
      while (taken.length < count) {
        const next = await iterator.next().catch(rethrow);
        if (next.done === true) break;
        taken.push(messageOf(next.value));
      }
      return taken;
    },
    cancel: async () => {
      await iterator.return?.();
    },
  };
}

function responder(tally: Tally): WireService {
  return (call) => {
    if (isObservable(call.request)) return channel(call.request, tally);
    const { data, metadata } = call.request;
    const { name, argument } = routeIn(metadata);
    if (call.interaction === 'notify') {
      tally.add(`notified ${textOf(data)}`);
      return EMPTY;
    }
    return call.interaction === 'response'
      ? response(name, argument, call.request, tally)
      : stream(name, Number(argument), tally);
  };
}

function response(name: string, argument: string, request: Payload, tally: Tally): Observable<Payload> {
  tally.add(`response ${name}`);
  if (name === 'echo') return of(request);
  if (name === 'empty') return EMPTY;
  if (name === 'large') return of(payload(pattern(Number(argument))));
  if (name === 'error') return throwError(() => wireError(Number.parseInt(argument, 16), 'boom'));
  return NEVER.pipe(finalize(() => tally.add('canceled')));
}

function stream(name: string, length: number, tally: Tally): Observable<Payload> {
  return fromIterable(function* () {
    let sent = 0;
    try {
      for (; sent < length; sent++) {
        tally.add('emitted');
        yield payload(String(sent));
      }
      if (name === 'fail') throw wireError(0x201, 'stream-boom');
    } finally {
      if (sent < length) tally.add('canceled');
    }
  });
}

function channel(messages: Observable<Payload>, tally: Tally): Observable<Payload> {
  let over = false;
  return messages.pipe(
    tap({
      next: () => tally.add('received'),
      complete: () => tally.add('completed'),
      error: () => tally.add('failed'),
    }),
    map((message) => {
      over = routeIn(message.metadata).name === 'last';
      if (routeIn(message.metadata).name === 'fail') throw wireError(0x201, 'channel-boom');
      return payload(message.data);
    }),
    takeWhile(() => !over, true),
    finalize(() => tally.add('left')),
  );
}

function wireError(rsocketCode: number, text: string): MeshError {
  const tag = ({ 0x202: 'Rejected', 0x203: 'Canceled', 0x204: 'Invalid' } as const)[rsocketCode] ?? 'Failed';
  return new MeshError(tag, text, { rsocketCode });
}

function place(transport: RawTransport, port: number): ReturnType<typeof tcp> {
  return transport === 'tcp' ? tcp({ port }) : websocket({ port });
}

function* payloadsOf(messages: Iterable<Message>): Iterable<Payload> {
  for (const each of messages) yield ourPayload(each);
}

function ourPayload(from: Message): Payload {
  return payload(from.data, from.metadata);
}

function messageOf(from: Payload): Message {
  return {
    data: Buffer.from(from.data),
    metadata: from.metadata === undefined ? undefined : Buffer.from(from.metadata),
  };
}

function failure(error: unknown): WireFailure {
  if (isMeshError(error)) return new WireFailure(error.rsocketCode, error.message, { cause: error });
  return new WireFailure(undefined, `not a MeshError: ${String(error)}`, { cause: error });
}

function rethrow(error: unknown): never {
  throw failure(error);
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
