import { expect } from 'chai';
import type { MeshError } from 'millrace';
import { virtualClock, type VirtualClock } from 'millrace/testing';
import {
  connect,
  type Connection,
  type ConnectOptions,
  fixedLeases,
  type Lease,
  listen,
  memory,
  payload,
  type Server,
  text,
  type Transport,
} from 'millrace/rsocket';
import { firstValueFrom, NEVER, type Observable, of, Subject } from 'rxjs';
import { over } from '../conformance/scene.js';
import { turns } from '../limits/limit-case.js';
import { dialRaw, type RawClient, setUpRaw } from '../limits/raw-client.js';
import {
  ErrorCode,
  type ErrorFrame,
  Flag,
  leaseFrame,
  type LeaseFrame,
  type PayloadFrame,
  type RawFrame,
  responseFrame,
  setupFrame,
} from '../rsocket/raw-frame.js';
import { scissors } from '../resume/scissors.js';

describe('a connection with leases', () => {
  let place: Transport;
  let server: Server;
  let client: Connection | undefined;
  let peer: Connection | undefined;
  let clock: VirtualClock;
  let leases: Subject<Lease>;
  let asked: string[];

  beforeEach(() => {
    clock = virtualClock();
    leases = new Subject();
    asked = [];
    place = memory();
    client = peer = undefined;
  });
  afterEach(async () => {
    const closing = [client?.close(), server.close()].map((each) => (each === undefined ? undefined : over(each)));
    await clock.advance(2000);
    await Promise.all(closing);
  });

  const serve = async (from: Observable<Lease> | undefined = leases): Promise<void> => {
    server = await listen(
      place,
      ({ request, interaction }) => {
        if ('subscribe' in request) return request;
        asked.push(text(request));
        return interaction === 'notify' ? of() : of(payload(`heard ${text(request)}`));
      },
      { leases: from, clock, grace: 0, resume: true, accept: (_, met) => void (peer = met) },
    );
  };
  const open = async (options: ConnectOptions = {}, from: Transport = place): Promise<Connection> => {
    await serve();
    client = await connect(from, { lease: true, clock, ...options });
    await turns();
    return client;
  };
  /** What has been answered by now, in order. */
  const calls = (of: Connection): { call(what: string): void; done: string[] } => {
    const done: string[] = [];
    return {
      done,
      call: (what) =>
        void of
          .response(payload(what))
          .subscribe({ next: (item) => done.push(text(item)), error: (error: MeshError) => done.push(error.tag) }),
    };
  };
  const grant = async (requests: number, ttl = 1000): Promise<void> => {
    leases.next({ requests, ttl });
    await turns();
  };

  it('makes as many requests as it is granted, in their order, and the others when it is granted more', async () => {
    const { call, done } = calls(await open());
    for (const what of ['a', 'b', 'c', 'd']) call(what);
    await turns();
    expect(asked).to.deep.equal([]);
    await grant(2);
    expect(done).to.deep.equal(['heard a', 'heard b']);
    await grant(1);
    expect(done).to.deep.equal(['heard a', 'heard b', 'heard c']);
    call('e');
    await grant(5);
    expect(done.slice(3)).to.deep.equal(['heard d', 'heard e']);
    expect(asked).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('makes none once its lease has run out', async () => {
    const { call, done } = calls(await open());
    await grant(5, 100);
    call('a');
    await turns();
    await clock.advance(100);
    call('b');
    await turns();
    expect(done).to.deep.equal(['heard a']);
    await grant(1);
    expect(done).to.deep.equal(['heard a', 'heard b']);
  });

  it('holds the newest lease only, and none after one of nothing', async () => {
    const { call, done } = calls(await open());
    await grant(5);
    await grant(1);
    call('a');
    call('b');
    await turns();
    expect(done).to.deep.equal(['heard a']);
    await grant(5);
    await grant(0, 0);
    call('c');
    await turns();
    expect(done).to.deep.equal(['heard a', 'heard b']);
  });

  it('leaves the queue when its caller leaves', async () => {
    const connection = await open({ limits: { leaseQueue: 2 } });
    const { call, done } = calls(connection);
    const leaving = connection.response(payload('a')).subscribe();
    call('b');
    call('c');
    expect(done).to.deep.equal(['Rejected']);
    leaving.unsubscribe();
    call('d');
    await grant(5);
    expect(done).to.deep.equal(['Rejected', 'heard b', 'heard d']);
  });

  it('counts streams, channels and fire-and-forgets too', async () => {
    const connection = await open();
    const seen: string[] = [];
    const read = (from: Observable<{ data: Uint8Array | string }>, as: string): void =>
      void from.subscribe({ complete: () => seen.push(as), error: () => undefined });
    read(connection.notify(payload('n')) as Observable<never>, 'notify');
    read(connection.stream(payload('s')) as never, 'stream');
    read(connection.channel([payload('c')]) as never, 'channel');
    await turns();
    expect(seen).to.deep.equal([]);
    for (const expected of [['notify'], ['notify', 'stream'], ['notify', 'stream', 'channel']]) {
      await grant(1);
      await turns();
      expect(seen).to.deep.equal(expected);
    }
  });

  it('says by its availability whether a request can be made', async () => {
    const connection = await open();
    const said: number[] = [];
    connection.availability.subscribe((now) => said.push(now));
    await grant(1);
    await firstValueFrom(connection.response(payload('a')));
    expect(said).to.deep.equal([0, 1, 0]);
  });

  it('lets the server call as much as the client grants', async () => {
    const own = new Subject<Lease>();
    await open({ leases: own, responder: ({ request }) => of(request as { data: Uint8Array }) });
    const { call, done } = calls(peer as Connection);
    call('a');
    call('b');
    await turns();
    expect(done).to.deep.equal([]);
    own.next({ requests: 1, ttl: 1000 });
    await turns();
    expect(done).to.deep.equal(['a']);
  });

  it('lets the server call as it likes where the client says nothing of leases of its own', async () => {
    await open({ responder: ({ request }) => of(request as { data: Uint8Array }) });
    const { call, done } = calls(peer as Connection);
    for (const what of ['a', 'b', 'c']) call(what);
    await turns();
    expect(done).to.deep.equal(['a', 'b', 'c']);
  });

  it('fails those who wait when it ends', async () => {
    const connection = await open();
    const { call, done } = calls(connection);
    call('a');
    server.close().subscribe();
    await clock.advance(2000);
    expect(done).to.deep.equal(['Unavailable']);
  });

  it('begins anew when it is resumed', async () => {
    const shears = scissors(place);
    const connection = await open({ resume: true }, shears.transport);
    const { call, done } = calls(connection);
    await grant(3, 10_000);
    call('a');
    await turns();
    shears.cut();
    for (let each = 0; each < 5; each++) {
      await turns();
      await clock.advance(200);
    }
    call('b');
    await turns();
    expect(done).to.deep.equal(['heard a', 'heard b']);
  });

  it('from a source of a fixed rate grants as many in each period', async () => {
    await serve(fixedLeases({ requests: 2, every: '1 s', clock }));
    client = await connect(place, { lease: true, clock });
    const { call, done } = calls(client);
    for (const what of ['a', 'b', 'c', 'd', 'e']) call(what);
    await turns();
    expect(done).to.have.length(2);
    await clock.advance(1000);
    await turns();
    expect(done).to.have.length(4);
  });

  const answerOf = (raw: RawClient, id: number): Promise<PayloadFrame | ErrorFrame> =>
    raw.expectFrame(
      (frame): frame is PayloadFrame | ErrorFrame =>
        (frame.name === 'PAYLOAD' || frame.name === 'ERROR') && frame.streamId === id,
      `an answer on ${id}`,
    );

  it('refuses requests that no lease covers, from a peer that makes them all the same', async () => {
    await serve();
    const raw = await setUpRaw(place, { flags: Flag.LEASE });
    await turns();
    raw.send(responseFrame(1, 'a'));
    expect(await answerOf(raw, 1)).to.include({ name: 'ERROR', code: ErrorCode.REJECTED });
    await grant(1, 100);
    raw.send(responseFrame(3, 'b'), responseFrame(5, 'c'));
    expect(await answerOf(raw, 3)).to.include({ name: 'PAYLOAD' });
    expect(await answerOf(raw, 5)).to.include({ name: 'ERROR', code: ErrorCode.REJECTED });
    await grant(1, 100);
    await clock.advance(1100);
    raw.send(responseFrame(7, 'd'));
    expect(await answerOf(raw, 7)).to.include({ name: 'ERROR', code: ErrorCode.REJECTED });
    expect(asked).to.deep.equal(['b']);
    raw.close();
  });

  it('takes requests that were on their way when the next lease was sent', async () => {
    await serve();
    const raw = await setUpRaw(place, { flags: Flag.LEASE });
    await turns();
    await grant(2);
    await grant(1);
    raw.send(responseFrame(1, 'a'), responseFrame(3, 'b'), responseFrame(5, 'c'), responseFrame(7, 'd'));
    expect(await answerOf(raw, 5)).to.include({ name: 'PAYLOAD' });
    expect(await answerOf(raw, 7)).to.include({ name: 'ERROR' });
    raw.close();
  });

  it('says with a lease of nothing that it is leaving', async () => {
    await serve();
    const raw = await setUpRaw(place, { flags: Flag.LEASE });
    await turns();
    await grant(5);
    server.close().subscribe();
    await raw.expectFrame(
      (frame): frame is LeaseFrame => frame.name === 'LEASE' && frame.requests === 0,
      'a lease of nothing',
    );
    raw.close();
  });

  it('ends at a LEASE that makes no sense', async () => {
    await serve();
    for (const bad of [leaseFrame(0xffffffff, 1), leaseFrame(1, 0xffffffff), leaseFrame(1, 1).subarray(0, 10)]) {
      const raw = await setUpRaw(place, { flags: Flag.LEASE });
      raw.send(bad);
      const error = await raw.expectFrame((frame): frame is ErrorFrame => frame.name === 'ERROR', 'an error');
      expect(error.code).to.equal(ErrorCode.CONNECTION_ERROR);
      await raw.expectClosed();
    }
  });

  it('is refused where the server grants no leases', async () => {
    server = await listen(place, () => NEVER, { clock, grace: 0 });
    const raw = await dialRaw(place);
    raw.send(setupFrame({ flags: Flag.LEASE }));
    const error = await raw.expectFrame((frame): frame is ErrorFrame => frame.name === 'ERROR', 'an error');
    expect(error.code).to.equal(ErrorCode.UNSUPPORTED_SETUP);
    await raw.expectClosed();
  });

  describe('that nobody asked for in SETUP', () => {
    const free = { lease: false };

    it('lets a Millrace client do as it likes until the first comes, and keeps it to that from then on', async () => {
      const connection = await open(free);
      const { call, done } = calls(connection);
      call('a');
      await turns();
      expect(done).to.deep.equal(['heard a']);
      await grant(1);
      call('b');
      call('c');
      await turns();
      expect(done).to.deep.equal(['heard a', 'heard b']);
      expect(await firstValueFrom(connection.availability)).to.equal(0);
      await grant(2);
      expect(done).to.deep.equal(['heard a', 'heard b', 'heard c']);
      expect(await firstValueFrom(connection.availability)).to.equal(1);
    });

    it('guides no more once it has run out', async () => {
      const { call, done } = calls(await open(free));
      await grant(1, 100);
      for (const what of ['a', 'b', 'c']) call(what);
      await turns();
      expect(done).to.deep.equal(['heard a']);
      await clock.advance(100);
      call('d');
      await turns();
      expect(done).to.deep.equal(['heard a', 'heard b', 'heard c', 'heard d']);
    });

    it('binds nobody: the server answers what it did not grant', async () => {
      await serve();
      const raw = await setUpRaw(place);
      raw.send(responseFrame(1, 'a'));
      expect(await answerOf(raw, 1)).to.include({ name: 'PAYLOAD' });
      raw.close();
    });
  });

  it('is not forced on a client that knows of none', async () => {
    await serve();
    const raw: RawClient = await setUpRaw(place);
    raw.send(responseFrame(1, 'a'));
    expect(await answerOf(raw, 1)).to.include({ name: 'PAYLOAD' });
    expect(raw.received.map(({ name }: RawFrame) => name)).to.deep.equal(['PAYLOAD']);
    raw.close();
  });
});
