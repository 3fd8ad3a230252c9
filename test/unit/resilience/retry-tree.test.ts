/** Retries of services that stand behind each other, over real connections in memory. */
import { expect } from 'chai';
import { defer, lastValueFrom, map, NEVER, type Observable, of, throwError } from 'rxjs';
import { answering, type Client, clientOf, contract, filters, meshError, response, retry, timeout } from 'millrace';
import { connect, listen, memory } from 'millrace/rsocket';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { z } from 'zod';

const Step = contract('step', { ask: response(z.number(), z.number(), { idempotent: true }) });

const DEPTH = 5;
/** What a client may spend beside a fifth of its calls, in the ten seconds that the tests take. */
const FLOOR = 100;

interface Tree {
  readonly top: Client<typeof Step>;
  /** Calls that came to each service, the last is the leaf. */
  readonly came: readonly number[];
  close(): Promise<void>;
}

/** Milliseconds that the service before the leaf waits for it, and how much longer each one further up does for the next. */
interface Patience {
  readonly last: number;
  readonly each: number | undefined;
}

type Leaf = (came: number) => Observable<number>;

/** A client that retries, five times over; `leaf` answers what comes to the last, given how many have come. */
async function tree(clock: VirtualClock, leaf: Leaf, { last, each }: Patience): Promise<Tree> {
  const came = Array.from({ length: DEPTH }, () => 0);
  const closing: (() => Promise<unknown>)[] = [];
  let below: Client<typeof Step> | undefined;
  for (let at = DEPTH - 1; at >= 0; at--) {
    const next = below;
    const handlers = {
      ask: (request: number) =>
        defer(() => {
          const now = (came[at] = (came[at] ?? 0) + 1);
          return next === undefined ? leaf(now) : next.ask(request).pipe(map((answer) => answer + 1));
        }),
    };
    const place = memory();
    const server = await listen(place, answering(Step, handlers), { clock, grace: 0 });
    const connection = await connect(place, { clock });
    closing.push(() => lastValueFrom(server.close(), { defaultValue: undefined }));
    const above = DEPTH - 1 - at;
    const after = above === 0 ? last : each === undefined ? Infinity : last + above * each;
    const guard = filters(retry({ clock, maxAttempts: 3 }), timeout(after, { clock }));
    below = clientOf(Step, connection, { clock, filter: guard });
  }
  return {
    top: below as Client<typeof Step>,
    came,
    async close() {
      const all = Promise.all(closing.map((close) => close()));
      await clock.until(all);
    },
  };
}

/** Calls at each depth of a tree that is asked so often, evenly over ten seconds less what the last ones take. */
async function asked(offered: number, leaf: Leaf, { last = 1_000, each }: Partial<Patience> = {}) {
  const clock = virtualClock();
  const the = await clock.until(tree(clock, leaf, { last, each }));
  let answered = 0;
  let failed = 0;
  for (let at = 0; at < offered; at++) {
    the.top.ask(at).subscribe({ next: () => (answered += 1), error: () => (failed += 1) });
    if (at % 50 === 49) await clock.advance(350_000 / offered);
  }
  await clock.advance(3_000);
  expect(answered + failed).to.equal(offered);
  await the.close();
  return { came: the.came, answered };
}

describe('retries of five services behind each other', () => {
  const offered = 1_500;
  const most = 1.2 * offered + FLOOR;

  it('cost a fifth and the floor where the last fails half its calls, at each depth', async () => {
    const { came, answered } = await asked(offered, (now) =>
      now % 2 === 0 ? of(0) : throwError(() => meshError('Unavailable', 'down')),
    );
    for (const each of came) expect(each).to.be.within(offered, most);
    expect(answered).to.be.above(0.55 * offered);
  });

  it('cost no more where it always fails, as overload, as a broken connection, or by a bug', async () => {
    for (const tag of ['Rejected', 'Broken', 'Defect'] as const) {
      const { came, answered } = await asked(offered, () => throwError(() => meshError(tag, 'down')));
      expect(answered).to.equal(0);
      for (const each of came) expect(each).to.be.within(offered, most);
    }
  });

  it('cost no more where it hangs, and the last but one leaves it', async () => {
    const { came } = await asked(offered, () => NEVER, { last: 200 });
    for (const each of came) expect(each).to.be.within(offered, most);
  });

  it('add up, and do not multiply, where each leaves the next before it is done', async () => {
    const { came } = await asked(offered, () => NEVER, { last: 400, each: 150 });
    came.forEach((each, at) => expect(each).to.be.within(offered, offered + (at + 1) * (0.2 * offered + FLOOR)));
  });

  it('help: with few calls that fail, nearly all are answered', async () => {
    const { came, answered } = await asked(offered, (now) =>
      now % 10 === 0 ? throwError(() => meshError('Unavailable', 'down')) : of(0),
    );
    expect(answered).to.be.above(0.99 * offered);
    expect(came.slice(0, -1)).to.deep.equal([offered, offered, offered, offered]);
  });
});
