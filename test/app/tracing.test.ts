import { expect } from 'chai';
import { context, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import {
  addresses,
  type App,
  type Call,
  callOf,
  type Client,
  client,
  clientOf,
  contract,
  type Handlers,
  iterate,
  mesh,
  MeshError,
  response,
  serves,
  stream,
  type TraceContext,
  unchecked,
} from 'millrace';
import { connect, tcp } from 'millrace/rsocket';
import { concatMap, firstValueFrom, lastValueFrom, map, NEVER, of, throwError } from 'rxjs';
import { applications, failure } from './applications.js';
import { registerTracing, treeOf, type TracingSdk } from './tracing-sdk.js';

const Back = contract('back', {
  trace: response(unchecked<string>(), unchecked<TraceContext | undefined>()),
  baggage: response(unchecked<void>(), unchecked<readonly (readonly [string, string])[]>()),
  count: stream(unchecked<number>(), unchecked<number>()),
  fail: response(unchecked<string>(), unchecked<string>()),
});

const Front = contract('front', {
  once: response(unchecked<string>(), unchecked<TraceContext | undefined>()),
  twice: response(unchecked<string>(), unchecked<TraceContext | undefined>()),
  awaited: response(unchecked<string>(), unchecked<TraceContext | undefined>()),
  own: response(unchecked<string>(), unchecked<TraceContext | undefined>()),
  baggage: response(unchecked<void>(), unchecked<readonly (readonly [string, string])[]>()),
  count: stream(unchecked<number>(), unchecked<number>()),
  fail: response(unchecked<string>(), unchecked<string>()),
});

@serves(Back)
class BackService implements Handlers<typeof Back> {
  trace(_: string, call: Call<unknown>) {
    return of(call.trace);
  }

  baggage(_: void, call: Call<unknown>) {
    return of([...call.baggage]);
  }

  count(most: number) {
    return Array.from({ length: most }, (_, at) => at);
  }

  fail(how: string) {
    if (how === 'never') return NEVER;
    return throwError(() => (how === 'bug' ? new Error('secret') : new MeshError('Denied', 'not you')));
  }
}

@serves(Front)
class FrontService implements Handlers<typeof Front> {
  constructor(@client(Back) private readonly back: Client<typeof Back>) {}

  once(what: string) {
    return this.back.trace(what);
  }

  twice(what: string) {
    return this.back.trace(what).pipe(concatMap(() => this.back.trace(what)));
  }

  async awaited(what: string) {
    await firstValueFrom(this.back.trace(what));
    await Promise.resolve();
    return firstValueFrom(this.back.trace(what).pipe(concatMap(() => this.back.trace(what))));
  }

  async own(what: string) {
    const span = trace.getTracer('front').startSpan('own');
    const found = await context.with(trace.setSpan(context.active(), span), () =>
      firstValueFrom(this.back.trace(what)),
    );
    span.end();
    return found;
  }

  baggage() {
    return this.back.baggage();
  }

  count(most: number) {
    return this.back.count(most).pipe(map((item) => item * 2));
  }

  fail(how: string) {
    return this.back.fail(how);
  }
}

describe('a trace', () => {
  const start = applications();
  let sdk: TracingSdk;
  let front: App;
  let app: App;
  let ask: Client<typeof Front>;

  const shop = async (): Promise<void> => {
    const back = await start(mesh(BackService).over(tcp({ port: 0 })));
    front = await start(
      mesh(FrontService)
        .over(tcp({ port: 0 }))
        .in(addresses(...back.addresses)),
    );
    app = await start(
      mesh()
        .over(tcp())
        .in(addresses(...front.addresses)),
    );
    ask = app.client(Front);
    await firstValueFrom(ask.baggage());
  };

  describe('with an SDK', () => {
    beforeEach(async () => {
      await shop();
      sdk = registerTracing();
    });
    afterEach(() => sdk.unregister());

    it('has a span for each call that is made and each that is answered, over two hops', async () => {
      await firstValueFrom(ask.once('a'));
      const spans = await sdk.ended(4);
      expect(treeOf(spans)).to.have.members([
        'CLIENT front.once',
        'SERVER front.once of CLIENT front.once',
        'CLIENT back.trace of SERVER front.once',
        'SERVER back.trace of CLIENT back.trace',
      ]);
      expect(new Set(spans.map((span) => span.spanContext().traceId)).size).to.equal(1);
      for (const { attributes, status, name } of spans) {
        const [service, method] = name.split('.');
        expect(attributes).to.include({ 'rpc.system': 'rsocket', 'rpc.service': service, 'rpc.method': method });
        expect(status.code).to.equal(SpanStatusCode.UNSET);
      }
    });

    it('takes every call that a handler makes for its own child, also one behind another', async () => {
      const made = (tree: readonly string[], parent: string): number =>
        tree.filter((line) => line === `CLIENT back.trace of SERVER front.${parent}`).length;
      await firstValueFrom(ask.twice('a'));
      expect(made(treeOf(await sdk.ended(6)), 'twice')).to.equal(2);
      await firstValueFrom(ask.awaited('a'));
      expect(made(treeOf(await sdk.ended(14)), 'awaited')).to.equal(3);
    });

    it('has the span in which a program calls as its parent, for a call behind another too', async () => {
      const root = trace.getTracer('test').startSpan('root');
      await context.with(trace.setSpan(context.active(), root), async () => {
        await firstValueFrom(ask.once('a'));
        await lastValueFrom(ask.once('b').pipe(concatMap(() => ask.once('c'))));
      });
      root.end();
      const spans = await sdk.ended(13);
      expect(treeOf(spans).filter((line) => line === 'CLIENT front.once of INTERNAL root')).to.have.length(3);
      expect(new Set(spans.map((span) => span.spanContext().traceId)).size).to.equal(1);
    });

    it('has the span that a handler began as the parent of the calls made in it', async () => {
      await firstValueFrom(ask.own('a'));
      expect(treeOf(await sdk.ended(5))).to.include.members([
        'INTERNAL own of SERVER front.own',
        'CLIENT back.trace of INTERNAL own',
      ]);
    });

    it('is begun anew by each call that a program makes in no span', async () => {
      await firstValueFrom(ask.once('a'));
      await firstValueFrom(ask.once('b'));
      const spans = await sdk.ended(8);
      expect(new Set(spans.map((span) => span.spanContext().traceId)).size).to.equal(2);
    });

    for (const [how, tag] of [
      ['denied', 'Denied'],
      ['bug', 'Defect'],
      ['never', 'Late'],
    ] as const) {
      it(`says of a call that ends ${tag} that it failed, and how, on each hop`, async () => {
        const error = await failure(firstValueFrom(ask.with({ deadline: '50 ms' }).fail(how)));
        expect(error.tag).to.equal(tag);
        const spans = await sdk.ended(4);
        const [outermost] = spans.filter(({ name, kind }) => name === 'front.fail' && kind === SpanKind.CLIENT);
        expect(outermost?.status).to.include({ code: SpanStatusCode.ERROR });
        expect(outermost?.status.message).to.match(new RegExp(`^${tag}: `));
        expect(outermost?.attributes['error.type']).to.equal(`MILLRACE_${tag.toUpperCase()}`);
        if (tag === 'Late') return;
        for (const { status } of spans) expect(status.code).to.equal(SpanStatusCode.ERROR);
      });
    }

    it('ends the spans of a stream whose reader leaves, and counts its items', async () => {
      for await (const item of iterate(ask.count(1000))) if (item === 4) break;
      const spans = await sdk.ended(4);
      const [outermost] = spans.filter(({ name, kind }) => name === 'front.count' && kind === SpanKind.CLIENT);
      expect(outermost?.attributes['rpc.items']).to.equal(3);
      expect(outermost?.status.code).to.equal(SpanStatusCode.UNSET);
    });

    it('keeps the state that other systems added to it', async () => {
      const known = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true, state: 'vendor=1,other=2' };
      const serving = callOf({ interaction: 'response', request: undefined, trace: known });
      const seen = await firstValueFrom(ask.with({ serving }).once('a'));
      expect(seen).to.include({ traceId: known.traceId, sampled: true, state: known.state });
      await sdk.ended(4);
    });

    it('is not recorded where its beginning was not', async () => {
      const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.NONE };
      const active = trace.setSpanContext(context.active(), span);
      const seen = await context.with(active, () => firstValueFrom(ask.once('a')));
      expect(seen).to.include({ traceId: span.traceId, sampled: false });
      expect(sdk.spans).to.have.length(0);
    });
  });

  describe('without an SDK', () => {
    beforeEach(shop);

    it('has an id that all hops agree on, and one of its own for each call', async () => {
      const [one, other] = [await firstValueFrom(ask.twice('a')), await firstValueFrom(ask.awaited('b'))];
      expect(one?.traceId).to.match(/^[\da-f]{32}$/);
      expect(one?.traceId).not.to.equal(other?.traceId);
    });

    it('keeps the ids and the state of a call that has some', async () => {
      const known = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true, state: 'vendor=1' };
      const serving = callOf({ interaction: 'response', request: undefined, trace: known });
      const seen = await firstValueFrom(ask.with({ serving }).awaited('a'));
      expect(seen).to.include({ traceId: known.traceId, sampled: true, state: 'vendor=1' });
      expect(seen?.spanId).not.to.equal(known.spanId);
    });

    it('leaves it to a service that has one whether to record', async () => {
      const trace = await firstValueFrom(ask.once('a'));
      sdk = registerTracing();
      try {
        const port = Number(new URL(front.addresses[0] ?? '').port);
        const connection = await connect(tcp({ port }));
        const serving = callOf({ interaction: 'response', request: undefined, trace });
        await firstValueFrom(clientOf(Front, connection).with({ serving }).once('a'));
        await lastValueFrom(connection.close(), { defaultValue: undefined });
        expect(treeOf(sdk.spans)).to.include('CLIENT back.trace of SERVER front.once');
      } finally {
        sdk.unregister();
      }
    });
  });

  it('carries baggage to every hop', async () => {
    await shop();
    const seen = await firstValueFrom(ask.with({ baggage: { tenant: 'a' } }).baggage());
    expect(seen).to.deep.equal([['tenant', 'a']]);
  });
});
