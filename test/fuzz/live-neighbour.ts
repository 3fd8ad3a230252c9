/** A well-behaved client on a real socket, which calls all the time and looks at each answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { iterate } from 'millrace';
import {
  connect,
  type Connection,
  payload,
  type Payload,
  tcp,
  text,
  type Transport,
  unix,
  websocket,
} from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, timeout } from 'rxjs';
import { Fault } from './target.js';

export type LiveTransport = 'tcp' | 'websocket' | 'unix';

/** A port of this machine, or the path of a socket. */
export interface LivePlace {
  readonly transport: LiveTransport;
  readonly port: number;
  readonly path: string;
}

export function placeOf({ transport, port, path }: LivePlace): Transport {
  return transport === 'tcp' ? tcp({ port }) : transport === 'unix' ? unix({ path }) : websocket({ port });
}

/** Milliseconds within which an answer comes, however busy the machine is. */
const PATIENCE = 20_000;
/** Milliseconds between two calls. */
const PAUSE = 1;

/** Calls while it is wanted; rejects with the first wrong or missing answer. */
export async function keepCalling(place: Transport, wanted: () => boolean, answered: () => void): Promise<void> {
  const connection = await connect(place);
  for (let index = 0; wanted(); index++) {
    await callOnce(connection, index);
    answered();
    await delay(PAUSE);
  }
  await lastValueFrom(connection.close(), { defaultValue: undefined });
}

/** A connection of its own is made, answers and ends. */
export async function callFresh(place: Transport): Promise<void> {
  let left = true;
  await keepCalling(
    place,
    () => left,
    () => (left = false),
  );
}

async function callOnce(connection: Connection, index: number): Promise<void> {
  const said = `hello ${index} ${'x'.repeat(index % 300)}`;
  const wait = timeout<Payload>(PATIENCE);
  try {
    const answer = await firstValueFrom(connection.response(payload(said)).pipe(wait));
    if (text(answer) !== said) throw new Fault(`a neighbour that asked '${said}' got '${text(answer)}'`);
    if (index % 50 !== 0) return;
    let items = 0;
    for await (const item of iterate(connection.stream(payload('items')))) items += item.data.length === 3 ? 1 : 0;
    if (items !== 200) throw new Fault(`a neighbour got ${items} items of 200`);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`a neighbour's call ${index} failed: ${String(error)}`, { cause: error });
  }
}
