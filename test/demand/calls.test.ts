import { expect } from 'chai';
import { concatMap, filter, map, mergeMap, type Observable, switchMap, take, takeUntil } from 'rxjs';
import { control, fromIterable, isMeshError } from 'millrace';
import {
  type Connection,
  connect,
  listen,
  memory,
  type Payload,
  payload,
  tcp,
  text,
  type Transport,
} from 'millrace/rsocket';
import { endless, turnsOf } from './rig.js';
import { collect, type Collected } from './sinks.js';

interface Wire {
  readonly client: Connection;
  /** Calls that the server is answering at this moment, and the most there were. */
  readonly open: { now: number; most: number };
  close(): Promise<void>;
}

const wires: readonly (readonly [string, () => Promise<Wire>])[] = [
  ['memory', () => wire(memory('calls'), async () => undefined)],
  ['TCP', () => wire(tcp({ port: 0 }), async (port) => tcp({ port }))],
];

for (const [name, begin] of wires) {
  describe(`calls made for the items of an endless pulled source, over ${name}`, () => {
    let on: Wire;
    beforeEach(async () => (on = await begin()));
    afterEach(() => on.close());

    it('take one item ahead through a plain concatMap', async () => {
      const { produced, values } = await asked(on, (ids) => ids.pipe(concatMap(title(on.client))));
      expect(values).to.deep.equal(Array.from({ length: 20 }, (_, n) => `title ${n}`));
      expect(produced).to.be.within(20, 21);
      expect(on.open.most).to.equal(1);
    });

    it('take at most four ahead through mergeMap(…, 4)', async () => {
      const { produced, values } = await asked(on, (ids) => ids.pipe(mergeMap(title(on.client), 4)));
      expect(values).to.have.length(20);
      expect(produced).to.be.within(20, 24);
      expect(on.open.most).to.be.at.most(4);
    });

    it('are at most sixteen at once through an unbounded mergeMap', async () => {
      const { produced, values } = await asked(on, (ids) => ids.pipe(mergeMap(title(on.client))));
      expect(values).to.have.length(20);
      expect(produced).to.be.within(20, 32);
      expect(on.open.most).to.be.at.most(16);
    });

    it('take as many more as a filter before them drops', async () => {
      const { produced, values } = await asked(on, (ids) =>
        ids.pipe(
          filter((id) => id % 7 === 0),
          concatMap(title(on.client)),
        ),
      );
      expect(values).to.have.length(20);
      expect(produced).to.be.at.most(7 * 21);
    });

    it('take one item ahead each where one call follows another', async () => {
      const { produced, values } = await asked(on, (ids) =>
        ids.pipe(
          concatMap(title(on.client)),
          concatMap((found) => title(on.client)(found.length)),
        ),
      );
      expect(values).to.have.length(20);
      expect(produced).to.be.at.most(22);
    });

    it('end without credit through takeUntil(control(…)) of a remote signal', async () => {
      const sink = collect<number>();
      numbered()[0]
        .pipe(takeUntil(control(on.client.stream(payload('numbers')))))
        .subscribe(sink.gate);
      await until(() => sink.end !== undefined);
      expect([sink.values, sink.end]).to.deep.equal([[], 'complete']);
    });

    it('supersede each other without credit where a search is control(…) of a remote source', async () => {
      const sink = collect<string>();
      const begun: string[] = [];
      control(on.client.stream(payload('numbers')).pipe(take(3)))
        .pipe(
          switchMap(({ data }) => {
            begun.push(text(data));
            return on.client.stream(payload('numbers')).pipe(map((found) => `${text(data)}: ${text(found.data)}`));
          }),
        )
        .subscribe(sink.gate);
      await until(() => begun.length === 3);
      await turnsOf(5);
      expect([begun, sink.values]).to.deep.equal([['0', '1', '2'], []]);
      sink.gate.request(2);
      await until(() => sink.values.length === 2);
      expect(sink.values).to.deep.equal(['2: 0', '2: 1']);
      sink.gate.unsubscribe();
    });

    it('leave nothing open when the sink leaves', async () => {
      const sink = collect<string>();
      numbered()[0]
        .pipe(mergeMap(title(on.client)))
        .subscribe(sink.gate);
      sink.gate.request(5);
      await until(() => sink.values.length === 5);
      sink.gate.unsubscribe();
      await until(() => on.open.now === 0);
      expect(sink.values).to.have.length(5);
    });

    it('let a stream through at the demand of its reader', async () => {
      const sink = collect<string>();
      on.client
        .stream(payload('numbers'))
        .pipe(map(({ data }) => text(data)))
        .subscribe(sink.gate);
      sink.gate.request(3);
      await until(() => sink.values.length === 3);
      await turnsOf(10);
      expect(sink.values).to.deep.equal(['0', '1', '2']);
      sink.gate.request(400);
      await until(() => sink.values.length === 403);
      expect(sink.values.at(-1)).to.equal('402');
      sink.gate.unsubscribe();
    });
  });
}

/** Asks for ten titles, then ten more. */
async function asked(
  { open }: Wire,
  pipeline: (ids: Observable<number>) => Observable<string>,
): Promise<{ readonly produced: number; readonly values: readonly string[] }> {
  const [ids, produced] = numbered();
  const sink = collect<string>();
  pipeline(ids).subscribe(sink.gate);
  for (const wanted of [10, 20]) {
    sink.gate.request(10);
    await until(() => sink.values.length >= wanted || failed(sink));
    await until(() => open.now === 0);
    await turnsOf(20);
    expect(sink.end).to.equal(undefined);
    expect(sink.values).to.have.length(wanted);
  }
  sink.gate.unsubscribe();
  return { produced: produced(), values: sink.values };
}

function failed(sink: Collected<unknown>): boolean {
  return isMeshError(sink.end);
}

function numbered(): readonly [Observable<number>, () => number] {
  let produced = 0;
  return [fromIterable(() => endless(() => (produced += 1))), () => produced];
}

/** A method of a client, as it stands in a pipeline. */
function title(client: Connection): (id: number) => Observable<string> {
  return (id) => client.response(payload(String(id))).pipe(map(({ data }) => text(data)));
}

async function wire(place: Transport, dialled: (port: number) => Promise<Transport | undefined>): Promise<Wire> {
  const open = { now: 0, most: 0 };
  const server = await listen(place, (call): Observable<Payload> => {
    if (call.interaction === 'stream') return fromIterable(() => endless()).pipe(map((n) => payload(String(n))));
    return fromIterable(async function* () {
      open.now += 1;
      open.most = Math.max(open.most, open.now);
      try {
        await turnsOf(2);
        yield payload(`title ${text((call.request as Payload).data)}`);
      } finally {
        open.now -= 1;
      }
    });
  });
  const client = await connect((await dialled(server.address.port)) ?? place);
  return {
    client,
    open,
    async close() {
      await ended(client.close());
      await ended(server.close());
    },
  };
}

function ended(closing: Observable<never>): Promise<void> {
  return new Promise((resolve, reject) => closing.subscribe({ error: reject, complete: resolve }));
}

/** Lets turns go by until something holds; the test's own time is the bound. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turnsOf(1);
}
