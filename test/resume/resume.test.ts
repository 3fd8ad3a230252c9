import { expect } from 'chai';
import { consume, fromIterable, iterate, type MeshError } from 'millrace';
import {
  type Connection,
  connect,
  type ConnectOptions,
  listen,
  type ListenOptions,
  payload,
  type Server,
  tcp,
  text,
  type Transport,
  websocket,
  type WireService,
} from 'millrace/rsocket';
import { seeded } from 'millrace/testing';
import { firstValueFrom, map, NEVER, Subject } from 'rxjs';
import { over } from '../conformance/scene.js';
import { type Scissors, scissors } from './scissors.js';

const transports: Readonly<Record<string, { listen(): Transport; dial(port: number): Transport }>> = {
  TCP: { listen: () => tcp({ port: 0 }), dial: (port) => tcp({ port }) },
  WebSocket: { listen: () => websocket({ port: 0 }), dial: (port) => websocket({ port }) },
};

for (const [name, at] of Object.entries(transports)) {
  describe(`a resumable connection over ${name}`, function () {
    this.timeout(60_000);
    let server: Server;
    let client: Connection;
    let shears: Scissors;
    const pending = new Subject<void>();
    let leaves = 0;

    const service: WireService = (call) => {
      const { request } = call;
      if ('subscribe' in request) return request;
      const [what, count] = text(request).split(' ');
      if (what === 'later') return pending.pipe(map(() => payload('at last')));
      if (what === 'never') return NEVER;
      return fromIterable(function* () {
        try {
          for (let n = 0; n < Number(count); n++) yield payload(String(n));
        } finally {
          leaves += 1;
        }
      });
    };
    const open = async (options: ConnectOptions = {}, listening: ListenOptions = {}): Promise<void> => {
      server = await listen(at.listen(), service, { resume: true, grace: '2 s', ...listening });
      shears = scissors(at.dial(server.address.port));
      client = await connect(shears.transport, { resume: true, ...options });
      leaves = 0;
    };
    afterEach(async () => {
      await over(client.close());
      await over(server.close());
    });

    const read = async (count: number): Promise<number[]> => {
      const seen: number[] = [];
      await consume(client.stream(payload(`count ${count}`)), (item) => void seen.push(Number(text(item))));
      return seen;
    };
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

    it('goes on with a stream where it was cut, with every item once and in order', async () => {
      await open();
      const chance = seeded(1);
      let seen = 0;
      let cuts = 0;
      let next = 500;
      for await (const item of iterate(client.stream(payload('count 100000')))) {
        expect(Number(text(item))).to.equal(seen);
        seen += 1;
        if (seen < next) continue;
        next += Math.floor(chance() * 5000);
        cuts += 1;
        if (cuts % 3 === 0) shears.cut();
        else shears.cutAfter(Math.floor(chance() * 3000), cuts % 3 === 1 ? 'in' : 'out');
      }
      expect(seen).to.equal(100_000);
      expect(cuts).to.be.greaterThan(20);
      expect(shears.dials).to.be.greaterThan(20);
      expect(leaves).to.equal(1);
    });

    it('goes on with a channel, both ways', async () => {
      await open();
      const chance = seeded(2);
      const numbers = fromIterable(upTo(50_000)).pipe(map((n) => payload(String(n))));
      let seen = 0;
      let next = 300;
      for await (const item of iterate(client.channel(numbers))) {
        expect(Number(text(item))).to.equal(seen);
        seen += 1;
        if (seen < next) continue;
        next += Math.floor(chance() * 4000);
        shears.cutAfter(Math.floor(chance() * 3000), seen % 2 === 0 ? 'in' : 'out');
      }
      expect(seen).to.equal(50_000);
      expect(shears.dials).to.be.greaterThan(10);
    });

    it('goes on with many streams at once', async () => {
      await open();
      const reading = Array.from({ length: 20 }, () => read(5000));
      for (let cut = 2; cut <= 6; cut++) {
        shears.cutAfter(20_000, 'in');
        await shears.dialled(cut);
      }
      for (const seen of await Promise.all(reading)) expect(seen).to.deep.equal(upTo(5000));
    });

    it('keeps a response that is pending, and one that is asked for while nobody is there', async () => {
      await open();
      const first = firstValueFrom(client.response(payload('later')));
      expect(await read(3)).to.deep.equal(upTo(3));
      shears.spoil('refuse', 'refuse');
      shears.cut();
      await shears.dialled(2);
      const second = firstValueFrom(client.response(payload('count 1')));
      expect(text(await second)).to.equal('0');
      pending.next();
      expect(text(await first)).to.equal('at last');
    });

    it('tries again when it is refused, and when it is cut off before it is answered', async () => {
      await open();
      const first = firstValueFrom(client.response(payload('later')));
      await read(1);
      shears.spoil('refuse', 'close', 'refuse', 'close');
      shears.cut();
      await shears.dialled(6);
      expect(await read(1000)).to.deep.equal(upTo(1000));
      pending.next();
      expect(text(await first)).to.equal('at last');
    });

    it('takes a cancel across a cut', async () => {
      await open();
      const items = iterate(client.stream(payload('count 1000000')))[Symbol.asyncIterator]();
      await items.next();
      shears.spoil('refuse');
      shears.cut();
      await items.return?.();
      await shears.dialled(3);
      expect(await read(2)).to.deep.equal(upTo(2));
      expect(leaves).to.equal(2);
    });

    it('fails with Broken, and why, when it is not resumed in time', async () => {
      await open({ limits: { resumeTime: 50 } });
      const answer = firstValueFrom(client.response(payload('never')));
      await read(1);
      shears.spoil(...Array.from({ length: 50 }, () => 'refuse' as const));
      shears.cut();
      const error = await answer.catch((failure: unknown) => failure as MeshError);
      expect(error).to.include({ tag: 'Broken', code: 'MILLRACE_RESUME' });
      expect((error as MeshError).message).to.match(/was lost, and not resumed within 50 ms: nobody is there$/);
    });

    it('fails with Broken when the server has forgotten it', async () => {
      await open({}, { limits: { resumeTime: 10 } });
      const answer = firstValueFrom(client.response(payload('never')));
      await read(1);
      const forgotten = new Promise<void>((done) => {
        const look = (): void => void (server.connections === 0 ? done() : setImmediate(look));
        look();
      });
      shears.spoil('refuse', 'refuse', 'refuse');
      shears.cut();
      await forgotten;
      const error = await answer.catch((failure: unknown) => failure as MeshError);
      expect(error).to.include({ tag: 'Broken', code: 'MILLRACE_RESUME' });
      expect((error as MeshError).message).to.match(/could not be resumed: there is no such session$/);
    });

    it('is refused by a server that does not resume', async () => {
      await open({}, { resume: false });
      const error = await firstValueFrom(client.response(payload('never'))).catch((failure: unknown) => failure);
      expect(error).to.include({ tag: 'Rejected', message: 'resume is not supported' });
    });
  });
}
