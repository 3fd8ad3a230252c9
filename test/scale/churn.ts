/** Connections that come, call and go, one after the other: nothing of them may stay, on either side. */
import { connect, payload, tcp, text, type Transport, unix } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { counted, type Finding, type Host, inMib, MIB, startHost, unless } from './host.js';
import { type Held, heldBy } from './scale-server.js';

/** At once. */
const LANES = 16;
/** Descriptors and active resources that come and go with the process itself. */
const FEW = 4;
/** Bytes that either side may hold more at the end than after the first part. */
const GROWTH = 6 * MIB;

/** So many times connect, call, close; what there is after a tenth of them is what there may be at the end. */
export async function connectCallClose(count: number, over: 'tcp' | 'unix'): Promise<Finding> {
  const host = await startHost();
  try {
    const place = over === 'tcp' ? tcp({ port: host.port }) : unix({ path: host.path });
    const warm = Math.ceil(count / 10);
    const wrong = await callTimes(place, warm);
    const [server, client] = await bothHeld(host);
    const more = await callTimes(place, count - warm);
    const [serverAfter, clientAfter] = await bothHeld(host, server);
    const grown = [serverAfter.bytes - server.bytes, clientAfter.bytes - client.bytes].map(inMib).join(' and ');
    return {
      figures: `${counted(count)} times connect, call, close over ${over}: ${grown} more held by server and client`,
      faults: [
        ...wrong,
        ...more,
        ...unless([serverAfter.connections === 0, `${serverAfter.connections} connections are left`]),
        ...growthOf('the server', server, serverAfter),
        ...growthOf('the client', client, clientAfter),
      ],
    };
  } finally {
    await host.end();
  }
}

async function bothHeld(host: Host, before?: Held): Promise<readonly [Held, Held]> {
  const most = before ?? { descriptors: Infinity, resources: Infinity };
  const server = await host.until(
    ({ connections, descriptors, resources }) =>
      connections === 0 && descriptors <= most.descriptors + FEW && resources <= most.resources + FEW,
  );
  return [server, heldBy(0)];
}

function growthOf(who: string, before: Held, after: Held): string[] {
  return unless(
    [after.bytes - before.bytes < GROWTH, `${who} holds ${inMib(after.bytes - before.bytes)} more`],
    [
      after.descriptors <= before.descriptors + FEW,
      `${who} has ${after.descriptors} descriptors, ${before.descriptors} before`,
    ],
    [
      after.resources <= before.resources + FEW,
      `${who} has ${after.resources} active resources, ${before.resources} before`,
    ],
  );
}

async function callTimes(place: Transport, count: number): Promise<string[]> {
  let left = count;
  const wrong: string[] = [];
  const lane = async (): Promise<void> => {
    while (left > 0 && wrong.length === 0) {
      const said = `call ${left}`;
      left -= 1;
      const connection = await connect(place);
      const answer = text(await firstValueFrom(connection.response(payload(said))));
      if (answer !== said) wrong.push(`'${said}' was answered '${answer}'`);
      await lastValueFrom(connection.close(), { defaultValue: undefined });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return wrong;
}
