import { expect } from 'chai';
import { tapBefore } from './frame-tap.js';
import { letTimersGo } from './loose-timers.js';
import { ourSide } from './our-side.js';
import { rawTransports } from './raw-peer.js';
import type { Side } from './side.js';
import { cases, type Parties, type Role, type StockCase } from './stock-cases.js';
import { stockSide } from './stock-side.js';
import { createTally } from './tally.js';
import { watchTests } from './watch.js';

const sides: Readonly<Record<Role, { readonly client: Side; readonly server: Side }>> = {
  client: { client: ourSide, server: stockSide },
  server: { client: stockSide, server: ourSide },
};

describe('with rsocket-js 1.0.0-alpha.3', () => {
  letTimersGo();
  const watch = watchTests();

  const open = async ({ role, transport, options }: StockCase): Promise<Parties> => {
    const { client, server } = sides[role];
    const { refuse, clientFragment, serverFragment, keepAlive, ...setup } = options;
    const served = createTally();
    const calledBack = createTally();
    const listening = await server.listen(transport, {
      tally: served,
      ...(refuse === undefined ? {} : { refuse }),
      ...(serverFragment === undefined ? {} : { fragment: serverFragment }),
    });
    watch.after(listening.close);
    const tap = await tapBefore(transport, listening.port);
    watch.after(tap.close);
    const caller = await client.connect(transport, tap.port, {
      tally: calledBack,
      ...setup,
      ...(keepAlive === undefined ? {} : { keepAlive }),
      ...(clientFragment === undefined ? {} : { fragment: clientFragment }),
    });
    watch.after(() => caller.close());
    return { caller, served, calledBack, server: listening, tap };
  };

  for (const role of ['client', 'server'] as const) {
    for (const transport of rawTransports) {
      describe(`Millrace as ${role} over ${transport}`, () => {
        for (const stockCase of cases.filter((each) => each.role === role && each.transport === transport)) {
          it(stockCase.name, async () => {
            const parties = await open(stockCase);
            await stockCase.run(parties);
            expect(parties.tap.overruns, 'items beyond demand').to.deep.equal([]);
          });
        }
      });
    }
  }
});
