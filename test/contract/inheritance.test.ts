/** What a handler's own calls carry on of the call that it serves, whatever stands between. */
import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import {
  type Call,
  callOf,
  channel,
  type Client,
  consume,
  contract,
  type Handlers,
  iterate,
  MeshError,
  notify,
  nothing,
  response,
  stream,
  systemClock,
  unchecked,
} from 'millrace';
import {
  concatMap,
  debounceTime,
  defer,
  exhaustMap,
  finalize,
  firstValueFrom,
  lastValueFrom,
  map,
  mergeMap,
  NEVER,
  Observable,
  of,
  repeat,
  retry,
  share,
  Subject,
  switchMap,
  timer,
} from 'rxjs';
import { type Called, ways } from './ways.js';

/** What a service behind the first hears of a call. */
interface Heard {
  readonly priority: string;
  readonly baggage: Readonly<Record<string, string>>;
  readonly traceId: string | undefined;
  /** Infinity does not cross a wire. */
  readonly deadline: number | undefined;
  /** What only the first service is told. */
  readonly own: readonly string[];
}

const heard = unchecked<Heard>();
const Inner = contract('inner', {
  heard: response(nothing, heard),
  thrice: stream(nothing, heard),
  each: channel(unchecked<number>(), heard),
  told: notify(nothing),
  flaky: response(nothing, heard),
  never: response(nothing, heard),
});
const Outer = contract('outer', {
  ask: stream(unchecked<string>(), heard),
  typed: channel(unchecked<number>(), heard),
  waits: response(nothing, heard),
});

class Witness {
  failures = 0;
  readonly attempts: Heard[] = [];
  readonly told = new Subject<Heard>();
  readonly left = new Subject<void>();
}

function hear({ priority, baggage, trace, deadline, metadata, idempotencyKey }: Call<unknown>): Heard {
  return {
    priority,
    baggage: Object.fromEntries(baggage),
    traceId: trace?.traceId,
    deadline: deadline === Infinity ? undefined : deadline,
    own: [...metadata.keys(), ...(idempotencyKey === undefined ? [] : [idempotencyKey])],
  };
}

function innerHandlers(witness: Witness): Handlers<typeof Inner> {
  return {
    heard: (_, call) => of(hear(call)),
    thrice: (_, call) => [hear(call), hear(call), hear(call)],
    each: (numbers, call) => numbers.pipe(map(() => hear(call))),
    told: (_, call) => witness.told.next(hear(call)),
    flaky(_, call) {
      witness.attempts.push(hear(call));
      if (witness.failures-- > 0) throw new MeshError('Unavailable', 'not yet');
      return of(hear(call));
    },
    never: () => NEVER.pipe(finalize(() => witness.left.next())),
  };
}

type Asking = (inner: Client<typeof Inner>, witness: Witness, call: Call<string>) => Observable<Heard>;

/** Where the subscribers lead to the call that is served. */
const found: Readonly<Record<string, Asking>> = {
  'at once': (inner) => inner.heard(),
  'as a stream': (inner) => inner.thrice(),
  'as a channel': (inner) => inner.each([1, 2]),
  'after retry({ delay })': (inner, witness) => {
    witness.failures = 2;
    return inner.flaky().pipe(
      retry({ count: 5, delay: 1 }),
      concatMap(() => witness.attempts),
    );
  },
  'in the delay of a retry': (inner, witness) => {
    witness.failures = 2;
    const pauses: Heard[] = [];
    return inner.flaky().pipe(
      retry({ delay: () => inner.heard().pipe(map((pause) => pauses.push(pause))) }),
      concatMap((last) => [...pauses, ...witness.attempts, last]),
    );
  },
  'after repeat({ delay })': (inner) => inner.heard().pipe(repeat({ count: 3, delay: 1 })),
  'in switchMap behind a timer': (inner) => timer(1).pipe(switchMap(() => inner.heard())),
  'behind a timer behind another call': (inner) =>
    inner.heard().pipe(
      mergeMap(() => timer(1)),
      exhaustMap(() => inner.heard()),
    ),
  'behind debounceTime': (inner) =>
    of(1, 2, 3).pipe(
      debounceTime(1),
      switchMap(() => inner.heard()),
    ),
  'behind debounceTime of a call': (inner) =>
    inner.thrice().pipe(
      debounceTime(1),
      switchMap((before) => inner.heard().pipe(concatMap((after) => [before, after]))),
    ),
};

/** Where they don't, and the handler says for whom it calls. */
const told: Readonly<Record<string, Asking>> = {
  'in a promise': (inner, _, call) => defer(() => pending().then(() => firstValueFrom(served(inner, call).heard()))),
  'in a promise, after retry({ delay })': (inner, witness, call) => {
    witness.failures = 2;
    const last = defer(() =>
      pending().then(() =>
        firstValueFrom(
          served(inner, call)
            .flaky()
            .pipe(retry({ delay: 1 })),
        ),
      ),
    );
    return last.pipe(concatMap(() => witness.attempts));
  },
  'behind a subscription by hand': (inner, _, call) =>
    new Observable((to) =>
      served(inner, call)
        .heard()
        .subscribe({ next: (each) => to.next(each), complete: () => to.complete() }),
    ),
  'behind share': (inner, _, call) => served(inner, call).heard().pipe(share()),
  'in the callback of an event': (inner, _, call) => {
    const events = new EventEmitter();
    events.on('asked', () =>
      served(inner, call)
        .heard()
        .subscribe((answer) => events.emit('answered', answer)),
    );
    return defer(async () => {
      const answered = once(events, 'answered');
      timer(1).subscribe(() => events.emit('asked'));
      return (await answered)[0] as Heard;
    });
  },
  'for what iterate({ serving }) reads': (inner, _, call) =>
    defer(async () => {
      const answers = of(1).pipe(concatMap(() => inner.heard()));
      for await (const answer of iterate(answers, { serving: call })) return answer;
      return expect.fail('there was no answer');
    }),
  'for what consume({ serving }) reads': (inner, _, call) =>
    defer(async () => {
      const answers: Heard[] = [];
      const asked = of(1, 2).pipe(concatMap(() => inner.heard()));
      await consume(asked, (answer) => answers.push(answer), { serving: call });
      return answers;
    }).pipe(concatMap((answers) => answers)),
  'as a notify': (inner, witness, call) =>
    defer(async () => {
      const said = firstValueFrom(witness.told);
      await lastValueFrom(served(inner, call).told(), { defaultValue: undefined });
      return said;
    }),
};

const pending = (): Promise<void> => Promise.resolve();
const served = (inner: Client<typeof Inner>, call: Call<unknown>): Client<typeof Inner> =>
  inner.with({ serving: call });

const asking: Readonly<Record<string, Asking>> = {
  ...found,
  ...told,
  'on its own': (inner) => defer(() => pending().then(() => firstValueFrom(inner.heard()))),
  'saying more itself': (inner, _, call) =>
    defer(() =>
      pending().then(() => {
        const more = { priority: 'critical', baggage: { hall: '2' }, deadline: '5 min' } as const;
        return firstValueFrom(served(inner, call).with(more).heard());
      }),
    ),
};

const MINUTE = 60_000;
const traceId = '0af7651916cd43dd8448eb211c80319c';

for (const [way, call] of Object.entries(ways)) {
  describe(`a call that a handler makes ${way}`, () => {
    let witness = new Witness();
    let inner: Called<typeof Inner>;
    let outer: Called<typeof Outer>;
    let client: Client<typeof Outer>;
    /** Half an hour ahead: no default is near it. */
    let deadline = 0;

    beforeEach(async () => {
      witness = new Witness();
      inner = await call(Inner, innerHandlers(witness));
      outer = await call(Outer, {
        ask: (how, served) => asking[how]?.(inner.client, witness, served) ?? expect.fail(how),
        typed: (numbers) =>
          numbers.pipe(
            debounceTime(1),
            switchMap(() => inner.client.heard()),
          ),
        waits: (_, served) => pending().then(() => firstValueFrom(inner.client.with({ serving: served }).never())),
      });
      deadline = systemClock.now() + 30 * MINUTE;
      const serving = callOf({
        interaction: 'response',
        request: undefined,
        deadline,
        trace: { traceId, spanId: 'b7ad6b7169203331', sampled: true },
        baggage: new Map([['tenant', 'rex']]),
        priority: 'bulk',
      });
      client = outer.client.with({ serving, metadata: { language: 'fr' }, idempotencyKey: 'key' });
    });
    afterEach(async () => {
      await outer.close();
      await inner.close();
    });

    const expectInherited = async (answers: Observable<Heard>): Promise<void> => {
      let count = 0;
      for await (const answer of iterate(answers)) {
        count += 1;
        expect(answer).to.deep.include({ priority: 'bulk', baggage: { tenant: 'rex' }, traceId, own: [] });
        expect(answer.deadline).to.be.closeTo(deadline, 10 * MINUTE);
      }
      expect(count).not.to.equal(0);
    };

    for (const how of [...Object.keys(found), ...Object.keys(told)]) {
      it(`carries on what the served call says, ${how}`, async () => {
        await expectInherited(client.ask(how));
      });
    }

    it('carries it on behind debounceTime of what a caller types', async () => {
      await expectInherited(client.typed([1, 2, 3]));
    });

    it('says otherwise where it does so itself; baggage is added, the nearer deadline holds', async () => {
      const answer = await firstValueFrom(client.ask('saying more itself'));
      expect(answer).to.deep.include({ priority: 'critical', baggage: { tenant: 'rex', hall: '2' }, traceId });
      expect(answer.deadline).to.be.closeTo(deadline - 25 * MINUTE, 10 * MINUTE);
      const nearer = await firstValueFrom(client.with({ deadline: '4 min' }).ask('saying more itself'));
      expect(nearer.deadline).to.be.closeTo(deadline - 26 * MINUTE, 10 * MINUTE);
    });

    it('carries nothing on in a promise that says not for whom', async () => {
      const answer = await firstValueFrom(client.ask('on its own'));
      expect(answer).to.deep.include({ priority: 'default', baggage: {} });
      expect(answer.traceId).not.to.equal(traceId);
    });

    it('ends with the deadline of the call that it is said to serve', async () => {
      const left = firstValueFrom(witness.left);
      const error: unknown = await firstValueFrom(client.with({ deadline: '100 ms' }).waits()).catch(
        (why: unknown) => why,
      );
      expect(error).to.include({ tag: 'Late' });
      await left;
    });
  });
}
