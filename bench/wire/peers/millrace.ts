// Millrace's own engine as a program would use it: plain RxJS on the server, default options on both sides.

import { consume, fromIterable } from 'millrace';
import {
  connect,
  listen,
  payload,
  tcp,
  text,
  websocket,
  type Connection,
  type Payload,
  type WireService,
} from 'millrace/rsocket';
import { defer, EMPTY, isObservable, map, of } from 'rxjs';
import { message, type Message, type Work } from '../message.js';
import type { Client, Fail, Peer } from '../peer.js';

export function millrace(transport: 'tcp' | 'websocket'): Peer {
  const at = transport === 'tcp' ? tcp : websocket;
  return {
    async listen(work) {
      const server = await listen(at({ host: '127.0.0.1', port: 0 }), serviceOf(work));
      return { port: server.address.port };
    },
    async connect(port, fail) {
      const connection = await connect(at({ host: '127.0.0.1', port }));
      connection.closed.subscribe({ error: fail });
      return clientOf(connection, fail);
    },
  };
}

const encode = (value: Message): Payload => payload(JSON.stringify(value));
const decode = (item: Payload): Message => JSON.parse(text(item));

function serviceOf(work: Work): WireService {
  const reply = (request: Payload) => encode(work.reply(decode(request)));
  return ({ interaction, request }) => {
    if (isObservable(request)) return request.pipe(map(reply));
    switch (interaction) {
      case 'stream':
        return fromIterable(indexes(decode(request).id)).pipe(map((index) => encode(work.item(index))));
      case 'notify':
        return defer(() => {
          work.note(decode(request));
          return EMPTY;
        });
      default:
        return of(reply(request));
    }
  };
}

function clientOf(connection: Connection, fail: Fail): Client {
  return {
    call(request, reply) {
      connection.response(encode(request)).subscribe({ next: (answer) => reply(decode(answer)), error: fail });
    },
    notify(note) {
      connection.notify(encode(note)).subscribe({ error: fail });
    },
    stream(items, item, end) {
      consume(connection.stream(encode(message(items))), (one) => item(decode(one))).then(end, fail);
    },
    channel(items, make, item, end) {
      const requests = fromIterable(indexes(items)).pipe(map((index) => encode(make(index))));
      consume(connection.channel(requests), (one) => item(decode(one))).then(end, fail);
    },
  };
}

function* indexes(count: number): Iterable<number> {
  for (let index = 0; index < count; index += 1) yield index;
}
