/** rsocket-js 1.0.0-alpha.3 as a side of a case. */

import {
  ErrorCodes,
  RSocketConnector,
  RSocketError,
  RSocketServer,
  type Cancellable,
  type ClientTransport,
  type Payload,
  type Requestable,
  type RSocket,
  type ServerTransport,
} from 'rsocket-core';
import { createRequire } from 'node:module';
import { Server as TcpServer } from 'node:net';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { WebsocketClientTransport } from 'rsocket-websocket-client';
import { WebsocketServerTransport, type SocketFactory } from 'rsocket-websocket-server';
import { portOf, type RawTransport } from './raw-peer.js';
import { pattern, routeIn, WireFailure, type Caller, type Flow, type Message, type Side } from './side.js';
import type { Tally } from './tally.js';

/** Without its types: rsocket-js takes the browser's WebSocket, which `ws` is at run time but not in its types. */
const ws = createRequire(import.meta.url)('ws');

export const stockSide: Side = {
  name: 'rsocket-js',
  async listen(transport, options) {
    const bound = bindable(transport);
    let met: (caller: Caller) => void = () => undefined;
    const client = new Promise<Caller>((resolve) => (met = resolve));
    const server = new RSocketServer({
      transport: bound.transport,
      ...fragmentation(options.fragment),
      acceptor: {
        accept(setup, peer) {
          const { tally, refuse } = options;
          tally.add(`setup ${textOf(setup.data)} ${textOf(setup.metadata)}`);
          tally.add(`mime ${setup.dataMimeType} ${setup.metadataMimeType}`);
          if (refuse !== undefined) return Promise.reject(new Error(refuse));
          met(callerOf(peer));
          return Promise.resolve(responder(tally));
        },
      },
    });
    const closeable = await server.bind();
    return {
      port: bound.port(),
      client,
      async close() {
        bound.quieten();
        closeable.close();
      },
    };
  },
  async connect(transport, port, options) {
    const connector = new RSocketConnector({
      transport: dialling(transport, port),
      responder: responder(options.tally),
      ...fragmentation(options.fragment),
      setup: {
        keepAlive: options.keepAlive ?? 20_000,
        lifetime: options.lifetime ?? 90_000,
        ...(options.setup === undefined ? {} : { payload: stockPayload(options.setup) }),
        ...(options.dataMimeType === undefined ? {} : { dataMimeType: options.dataMimeType }),
        ...(options.metadataMimeType === undefined ? {} : { metadataMimeType: options.metadataMimeType }),
      },
    });
    return callerOf(await connector.connect());
  },
};

function callerOf(rsocket: RSocket): Caller {
  return {
    response: (request) =>
      new Promise((resolve, reject) => {
        let answer: Message | undefined;
        rsocket.requestResponse(stockPayload(request), {
          onNext(payload, complete) {
            answer = messageOf(payload);
            if (complete) resolve(answer);
          },
          onComplete: () => resolve(answer),
          onError: (error) => reject(failure(error)),
          onExtension: () => undefined,
        });
      }),
    async abandon(request, sent) {
      const call = rsocket.requestResponse(stockPayload(request), silent);
      await sent;
      call.cancel();
    },
    notify: (request) =>
      new Promise((resolve, reject) => {
        rsocket.fireAndForget(stockPayload(request), {
          onComplete: resolve,
          onError: (error) => reject(failure(error)),
        });
      }),
    push: (metadata) =>
      new Promise((resolve, reject) => {
        rsocket.metadataPush(metadata, { onComplete: resolve, onError: (error) => reject(failure(error)) });
      }),
    stream: (request) => flow((initial, receiver) => rsocket.requestStream(stockPayload(request), initial, receiver)),
    channel: (messages) => flow((initial, receiver) => openChannel(rsocket, messages, initial, receiver)),
    closed: new Promise((resolve) => {
      rsocket.onClose((error) => resolve(error === undefined ? undefined : failure(error)));
    }),
    close: () => rsocket.close(),
  };
}

type Receiver = Parameters<RSocket['requestStream']>[2];

const silent: Receiver = {
  onNext: () => undefined,
  onComplete: () => undefined,
  onError: () => undefined,
  onExtension: () => undefined,
};

function flow(open: (initial: number, receiver: Receiver) => Requestable & Cancellable): Flow {
  let opened: (Requestable & Cancellable) | undefined;
  let ended: { readonly error?: WireFailure } | undefined;
  const ready: Message[] = [];
  let look: () => void = () => undefined;
  const finish = (error?: Error): void => {
    ended ??= error === undefined ? {} : { error: failure(error) };
    look();
  };
  const receiver: Receiver = {
    onNext(payload, complete) {
      ready.push(messageOf(payload));
      if (complete) finish();
      look();
    },
    onComplete: () => finish(),
    onError: finish,
    onExtension: () => undefined,
  };
  return {
    take: (count) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (ready.length >= count || (ended !== undefined && ended.error === undefined)) {
            resolve(ready.splice(0, count));
          } else if (ended?.error !== undefined) reject(ended.error);
        };
        if (opened !== undefined) opened.request(count);
        else opened = open(count, receiver);
        look();
      }),
    cancel: () => {
      opened?.cancel();
      return Promise.resolve();
    },
  };
}

function openChannel(
  rsocket: RSocket,
  messages: Iterable<Message>,
  initial: number,
  receiver: Receiver,
): Requestable & Cancellable {
  const iterator = messages[Symbol.iterator]();
  const first = iterator.next();
  if (first.done === true) throw new Error('a channel needs a first message');
  const channel = rsocket.requestChannel(stockPayload(first.value), initial, false, {
    ...receiver,
    request(n) {
      for (let left = n; left > 0; left--) {
        const next = iterator.next();
        if (next.done === true) return channel.onComplete();
        channel.onNext(stockPayload(next.value), false);
      }
    },
    cancel: () => iterator.return?.(),
  });
  return channel;
}

function responder(tally: Tally): Partial<RSocket> {
  return {
    fireAndForget(payload) {
      tally.add(`notified ${textOf(payload.data)}`);
      return { cancel: () => undefined };
    },
    requestResponse(payload, stream) {
      const { name, argument } = routeIn(payload.metadata);
      tally.add(`response ${name}`);
      if (name === 'echo') stream.onNext(payload, true);
      if (name === 'empty') stream.onComplete();
      if (name === 'large') stream.onNext({ data: pattern(Number(argument)) }, true);
      if (name === 'error') stream.onError(new RSocketError(Number.parseInt(argument, 16), 'boom'));
      return { cancel: () => tally.add('canceled'), onExtension: () => undefined };
    },
    requestStream(payload, initial, stream) {
      const { name, argument } = routeIn(payload.metadata);
      const length = Number(argument);
      let sent = 0;
      let over = false;
      const emit = (n: number): void => {
        tally.add('requested', n);
        if (over) return;
        for (const end = Math.min(length, sent + n); sent < end;) {
          tally.add('emitted');
          stream.onNext({ data: Buffer.from(String(sent++)) }, false);
        }
        if (sent < length) return;
        over = true;
        if (name === 'fail') stream.onError(new RSocketError(ErrorCodes.APPLICATION_ERROR, 'stream-boom'));
        else stream.onComplete();
      };
      setImmediate(() => emit(initial));
      return {
        request: emit,
        cancel() {
          over = true;
          tally.add('canceled');
        },
        onExtension: () => undefined,
      };
    },
    requestChannel(payload, initial, complete, stream) {
      let over = false;
      const receive = (message: Payload, last: boolean): void => {
        if (over) return;
        tally.add('received');
        const { name } = routeIn(message.metadata);
        over = name === 'last' || name === 'fail';
        if (name === 'fail') return stream.onError(new RSocketError(ErrorCodes.APPLICATION_ERROR, 'channel-boom'));
        stream.onNext({ data: message.data }, over || last);
        if (name === 'last') stream.cancel();
      };
      setImmediate(() => {
        receive(payload, complete);
        if (initial > 1 && !complete && !over) stream.request(initial - 1);
      });
      return {
        onNext: receive,
        onComplete: () => {
          tally.add('completed');
          if (!over) stream.onComplete();
        },
        onError: () => tally.add('failed'),
        onExtension: () => undefined,
        request: (n) => stream.request(n),
        cancel() {
          over = true;
          tally.add('canceled');
        },
      };
    },
  };
}

interface Bindable {
  readonly transport: ServerTransport;
  port(): number;
  /** Keeps rsocket-js from closing a second time when its server says that it has closed, and from warning of that. */
  quieten(): void;
}

function bindable(transport: RawTransport): Bindable {
  if (transport === 'websocket') {
    const servers: ReturnType<SocketFactory>[] = [];
    const wsCreator: SocketFactory = () => {
      const server = new ws.WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
      servers.push(server);
      return server;
    };
    return {
      transport: new WebsocketServerTransport({ wsCreator }),
      port: () => portOf(servers[0]?.address()),
      quieten: () => servers[0]?.removeAllListeners('close'),
    };
  }
  const server = new TcpServer({ noDelay: true });
  const listenOptions = { host: '127.0.0.1', port: 0 };
  return {
    transport: new TcpServerTransport({ listenOptions, socketCreator: () => server }),
    port: () => portOf(server.address()),
    quieten: () => server.removeAllListeners('close'),
  };
}

function dialling(transport: RawTransport, port: number): ClientTransport {
  if (transport === 'tcp') {
    return new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port, noDelay: true } });
  }
  const wsCreator = (url: string): WebSocket => new ws.WebSocket(url);
  return new WebsocketClientTransport({ url: `ws://127.0.0.1:${port}`, wsCreator });
}

function stockPayload(from: Message): Payload {
  return from.metadata === undefined ? { data: from.data } : { data: from.data, metadata: from.metadata };
}

function messageOf(payload: Payload): Message {
  return { data: payload.data ?? Buffer.alloc(0), metadata: payload.metadata ?? undefined };
}

function failure(error: Error): WireFailure {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  return new WireFailure(code, error.message, { cause: error });
}

function fragmentation(bytes: number | undefined): { fragmentation?: { maxOutboundFragmentSize: number } } {
  return bytes === undefined ? {} : { fragmentation: { maxOutboundFragmentSize: bytes } };
}

function textOf(bytes: Buffer | null | undefined): string {
  return bytes?.toString() ?? '';
}
