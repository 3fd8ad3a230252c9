import { expect } from 'chai';
import {
  addresses,
  type Call,
  type Client,
  client,
  contract,
  declared,
  fromIterable,
  type Handlers,
  isMeshError,
  iterate,
  mesh,
  notify,
  replyPlace,
  response,
  serves,
  stream,
  unchecked,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { concatMap, finalize, firstValueFrom, lastValueFrom, map, NEVER, Subject, throwError, toArray } from 'rxjs';
import { z } from 'zod';
import { applications, failure } from './applications.js';
import { Clock, Ratings } from './contracts.js';
import { LEVELS, logLines } from './log-lines.js';

const Inner = contract(
  'inner',
  {
    echo: response(z.object({ text: z.string() }), z.object({ text: z.string() })),
    seen: response(unchecked(), unchecked<Record<string, unknown>>()),
    count: stream(z.number(), z.number()),
    fail: response(z.string(), z.string()),
    forever: response(unchecked(), unchecked()),
    told: notify(z.string()),
  },
  { failures: { Full: declared(z.object({ beds: z.number() })) } },
);

const Outer = contract('outer', {
  seen: response(unchecked(), unchecked<Record<string, unknown>>()),
  count: stream(z.number(), z.number()),
  fail: response(z.string(), z.string()),
  forever: response(unchecked(), unchecked()),
});

/** What the source has produced, and how many of the endless calls were left. */
const watch = { produced: 0, left: new Subject<void>(), told: new Subject<string>() };

@serves(Inner)
class InnerService implements Handlers<typeof Inner> {
  async echo({ text }: { text: string }) {
    return { text };
  }

  async seen(_: unknown, call: Call<unknown>) {
    call.reply.set('from', 'inner');
    const { baggage, metadata, priority, deadline } = call;
    return { baggage: [...baggage], metadata: [...metadata], priority, limited: deadline < Infinity };
  }

  count(most: number) {
    return fromIterable(function* () {
      for (let item = 0; item < most; item++) {
        watch.produced += 1;
        yield item;
      }
    });
  }

  fail(how: string) {
    if (how === 'full') return throwError(() => Inner.fail('Full', { beds: 2 }));
    throw new Error('a secret of inner');
  }

  forever() {
    return NEVER.pipe(finalize(() => watch.left.next()));
  }

  told(what: string) {
    watch.told.next(what);
    throw new Error('nobody hears of it');
  }
}

@serves(Outer)
class OuterService implements Handlers<typeof Outer> {
  constructor(@client(Inner) private readonly inner: Client<typeof Inner>) {}

  seen() {
    return this.inner.seen(undefined);
  }

  count(most: number) {
    return this.inner.count(most).pipe(concatMap((item) => this.inner.echo({ text: `${item}` }).pipe(map(() => item))));
  }

  fail(how: string) {
    return this.inner.fail(how);
  }

  forever() {
    return this.inner.forever(undefined);
  }
}

describe('a call to a service of the same application', () => {
  const start = applications();
  const both = mesh(OuterService, InnerService);

  it('needs no wire, and no peers', async () => {
    const app = await start(both);
    expect(app.addresses).to.deep.equal([]);
    expect(await firstValueFrom(app.client(Inner).echo({ text: 'a' }))).to.deep.equal({ text: 'a' });
  });

  it('hands on deadline, priority and baggage, and not the metadata of the call it is made for', async () => {
    const app = await start(both);
    const said = { priority: 'bulk', baggage: { tenant: 'a' }, metadata: { near: 'b' }, deadline: '10 s' } as const;
    expect(await firstValueFrom(app.client(Outer).with(said).seen(undefined))).to.deep.equal({
      baggage: [['tenant', 'a']],
      metadata: [],
      priority: 'bulk',
      limited: true,
    });
  });

  it("tells of the answer's metadata", async () => {
    const app = await start(both);
    const reply = replyPlace();
    await firstValueFrom(app.client(Inner).with({ reply }).seen(undefined));
    expect([...reply.metadata]).to.deep.equal([['from', 'inner']]);
  });

  it('is checked against the contract', async () => {
    const app = await start(both);
    const error = await failure(firstValueFrom(app.client(Inner).echo({ text: 1 } as never)));
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
  });

  it('fails as it would over a wire, of a bug without its message', async () => {
    const lines = logLines();
    const app = await start(both.over(tcp({ port: 0 })).log(lines.options));
    const caller = await start(
      mesh()
        .over(tcp())
        .in(addresses(...app.addresses)),
    );
    for (const outer of [app.client(Outer), caller.client(Outer)]) {
      const full = await failure(firstValueFrom(outer.fail('full')));
      if (!Inner.failed(full, 'Full')) throw full;
      expect(full.detail.beds).to.equal(2);
      const defect = await failure(firstValueFrom(outer.fail('bug')));
      expect(defect).to.include({ tag: 'Defect', message: 'internal error' });
      expect(isMeshError(defect.cause)).to.equal(false);
    }
    const logged = lines.all.filter(({ level }) => level === LEVELS.error);
    expect(logged.map(({ msg, err }) => [msg, err?.message])).to.deep.equal([
      ['inner.fail failed', 'a secret of inner'],
      ['inner.fail failed', 'a secret of inner'],
    ]);
  });

  it('ends with the call that it is made for', async () => {
    const app = await start(both);
    const left = firstValueFrom(watch.left);
    app.client(Outer).forever(undefined).subscribe().unsubscribe();
    await left;
    const late = firstValueFrom(watch.left);
    const error = await failure(firstValueFrom(app.client(Outer).with({ deadline: '20 ms' }).forever(undefined)));
    expect(error.tag).to.equal('Late');
    await late;
    expect(app.open).to.deep.equal([]);
  });

  it('makes what is wanted, through the two services, and no more', async () => {
    const app = await start(both);
    watch.produced = 0;
    for await (const item of iterate(app.client(Outer).count(1_000_000))) if (item === 9) break;
    expect(watch.produced).to.be.within(10, 30);
    const all = await lastValueFrom(app.client(Outer).count(300).pipe(toArray()));
    expect(all).to.deep.equal(Array.from({ length: 300 }, (_, at) => at));
  });

  it('tells a fire-and-forget, and not what became of it', async () => {
    const app = await start(both);
    const told = firstValueFrom(watch.told);
    await lastValueFrom(app.client(Inner).told('news'), { defaultValue: undefined });
    expect(await told).to.equal('news');
  });

  it('can be made from onStart', async () => {
    const heard: unknown[] = [];
    @serves(Clock)
    class Early implements Handlers<typeof Clock> {
      constructor(
        @client(Ratings) private readonly ratings: Client<typeof Ratings>,
        @client(Clock) private readonly clock: Client<typeof Clock>,
      ) {}

      async onStart(): Promise<void> {
        heard.push(await firstValueFrom(this.ratings.of('tt1')), await firstValueFrom(this.clock.name()));
      }

      name() {
        return ['early'];
      }
    }
    await start(mesh(Early).serve(Ratings, { of: () => [4], all: () => [4] }));
    expect(heard).to.deep.equal([4, 'early']);
  });
});
