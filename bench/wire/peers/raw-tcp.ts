// Plain TCP with the least that can carry the same work: the practical limit that the others are compared with.

import { connect, createServer, type Socket } from 'node:net';
import { message, type Message, type Work } from '../message.js';
import { streamWindow, type Client, type Fail, type Peer } from '../peer.js';
import {
  batched,
  callBatch,
  frameByFrame,
  idOf,
  itemBatch,
  Kind,
  kindOf,
  readFrames,
  tagOf,
  type Outlet,
} from './raw-frames.js';

export function rawTcp(writes: 'batched' | 'frame by frame'): Peer {
  const outletOf = writes === 'batched' ? batched : frameByFrame;
  return {
    listen: (work, fail) =>
      new Promise((resolve) => {
        const server = createServer({ noDelay: true }, (socket) => serve(socket, outletOf(socket), work, fail));
        server.on('error', fail);
        server.listen(0, '127.0.0.1', () => {
          const address = server.address();
          if (address === null || typeof address === 'string') return fail(new Error('the raw server has no port'));
          resolve({ port: address.port });
        });
      }),
    connect: (port, fail) =>
      new Promise((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () =>
          resolve(clientOf(socket, outletOf(socket))),
        );
        socket.on('error', fail);
      }),
  };
}

const parse = (chunk: Buffer, start: number, end: number): Message => JSON.parse(chunk.toString('utf8', start, end));

interface Production {
  readonly id: number;
  readonly items: number;
  next: number;
  credit: number;
}

function serve(socket: Socket, outlet: Outlet, work: Work, fail: Fail): void {
  const productions = new Map<number, Production>();
  socket.on('error', fail);
  socket.on('drain', () => productions.forEach(produce));
  readFrames(socket, take, outlet.flush);

  function take(tag: number, chunk: Buffer, start: number, end: number): void {
    const id = idOf(tag);
    switch (kindOf(tag)) {
      case Kind.call:
        return outlet.send(tagOf(Kind.reply, id), JSON.stringify(work.reply(parse(chunk, start, end))), callBatch);
      case Kind.note:
        return work.note(parse(chunk, start, end));
      case Kind.channel:
        return outlet.send(tagOf(Kind.item, id), JSON.stringify(work.reply(parse(chunk, start, end))), itemBatch);
      case Kind.stream:
        productions.set(id, { id, items: parse(chunk, start, end).id, next: 0, credit: 0 });
        return;
      case Kind.credit: {
        const production = productions.get(id);
        if (production === undefined) return;
        production.credit += Number(chunk.toString('latin1', start, end));
        return produce(production);
      }
      default:
        return fail(new Error(`the raw server knows no frame of kind ${kindOf(tag)}`));
    }
  }

  function produce(production: Production): void {
    const tag = tagOf(Kind.item, production.id);
    while (production.credit > 0 && production.next < production.items && !socket.writableNeedDrain) {
      production.credit -= 1;
      outlet.send(tag, JSON.stringify(work.item(production.next++)), itemBatch);
    }
    if (production.next < production.items || !productions.delete(production.id)) return;
    outlet.send(tagOf(Kind.end, production.id), '', itemBatch);
  }
}

interface Consumption {
  readonly item: (message: Message) => void;
  readonly end: () => void;
  /** Called for each item received, to let further ones come. */
  readonly onward: () => void;
  left: number;
}

function clientOf(socket: Socket, outlet: Outlet): Client {
  const replies: ((message: Message) => void)[] = [];
  const free: number[] = [];
  const consumptions = new Map<number, Consumption>();
  let lastConsumption = 0;
  readFrames(socket, take, outlet.flush);

  function take(tag: number, chunk: Buffer, start: number, end: number): void {
    const id = idOf(tag);
    if (kindOf(tag) === Kind.reply) {
      free.push(id);
      replies[id]?.(parse(chunk, start, end));
      return;
    }
    const consumption = consumptions.get(id);
    if (consumption === undefined) return;
    if (kindOf(tag) === Kind.item) {
      consumption.item(parse(chunk, start, end));
      consumption.onward();
      if (--consumption.left > 0) return;
    }
    if (consumptions.delete(id)) consumption.end();
  }

  return {
    call(request, reply) {
      const id = free.pop() ?? replies.length;
      replies[id] = reply;
      outlet.send(tagOf(Kind.call, id), JSON.stringify(request), callBatch);
    },
    notify: (note) => outlet.send(tagOf(Kind.note, 0), JSON.stringify(note), itemBatch),
    stream(items, item, end) {
      const id = ++lastConsumption;
      const credit = tagOf(Kind.credit, id);
      const step = streamWindow / 2;
      let untilMore = step;
      const onward = () => {
        if (--untilMore > 0) return;
        untilMore = step;
        outlet.send(credit, String(step), callBatch);
      };
      consumptions.set(id, { item, end, onward, left: Infinity });
      outlet.send(tagOf(Kind.stream, id), JSON.stringify(message(items)), callBatch);
      outlet.send(credit, String(streamWindow), callBatch);
    },
    channel(items, make, item, end) {
      const id = ++lastConsumption;
      const tag = tagOf(Kind.channel, id);
      let next = 0;
      const onward = () => {
        if (next < items) outlet.send(tag, JSON.stringify(make(next++)), itemBatch);
      };
      consumptions.set(id, { item, end, onward, left: items });
      while (next < Math.min(streamWindow, items)) onward();
    },
  };
}
