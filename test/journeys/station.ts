/** The contract of a station: one of a row of services that pass on what they are asked, the last of which is the source. */
import { channel, contract, declared, notify, nothing, response, stream } from 'millrace';
import { z } from 'zod';

/** The contract of the station of this name; all stations have the same methods. */
export function stationOf(name: string) {
  return contract(
    name,
    {
      /** The name of the process that answered, behind those that passed it on. */
      title: response(z.string(), z.string()),
      /** Numbers, as many as are wanted. */
      page: stream(z.number(), z.number()),
      /** Says each number again. */
      talk: channel(z.number(), z.number()),
      /** How many numbers the source has made. */
      made: response(nothing, z.number()),
      /** Never answers. */
      forever: response(z.string(), z.string()),
      /** Asks the next station once the deadline of its own call has passed. */
      afterwards: response(z.string(), z.string()),
      fail: response(z.string(), z.string()),
      told: notify(z.string()),
    },
    { failures: { Full: declared(z.object({ beds: z.number() }), { httpStatus: 409 }) } },
  );
}

export type Station = ReturnType<typeof stationOf>;
