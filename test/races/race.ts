/** One call between two engines, in which frames and whatever else happens come in an order that a scheduler chooses. */
import type { Scheduler } from 'fast-check';
import { fromIterable, MeshError, turnsTaken } from 'millrace';
import {
  connect,
  type Connection,
  listen,
  payload,
  type Payload,
  type Server,
  text,
  type WireService,
} from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { concat, defer, finalize, NEVER, type Observable, Subject, take } from 'rxjs';
import { endOf, over } from '../conformance/scene.js';
import { serving } from '../conformance/serving.js';
import { tapped } from '../conformance/tap.js';
import { judge, saidTooMuch } from './judge.js';
import { type Pipe, racedPipe } from './pipe.js';
import { BESIDE, type Plan, type Script, type Spans } from './plan.js';
import { Witness } from './witness.js';

const ALL = 2 ** 31 - 1;

/** Runs a plan; `pace` says how many turns of the event loop pass after each event. Returns what went wrong. */
export function race(scheduler: Scheduler, pace: Iterator<number>, plan: Plan): Promise<readonly string[]> {
  return new Race(scheduler, pace, plan).run();
}

type Step = readonly [name: string, work: () => void];

class Race {
  private readonly faults: string[] = [];
  private readonly clock = virtualClock();
  private readonly pipe: Pipe;
  private readonly resume: boolean;
  private readonly caller = new Witness('the caller', this.faults);
  private readonly neighbour = new Witness('the caller beside', this.faults);
  private readonly reader = new Witness('the handler', this.faults);
  private asked = 0;
  private readonly answers: Spans = { begun: 0, ended: 0 };
  private readonly requests: Spans = { begun: 0, ended: 0 };
  private readonly closing: Promise<unknown>[] = [];

  constructor(
    private readonly scheduler: Scheduler,
    private readonly pace: Iterator<number>,
    private readonly plan: Plan,
  ) {
    this.pipe = racedPipe(scheduler, plan.room);
    this.resume = plan.cuts.length > 0;
  }

  async run(): Promise<readonly string[]> {
    const { clock, resume, plan, faults } = this;
    const service = this.service();
    const common = { clock, resume, limits: { firstWindow: plan.window } };
    const tap = tapped(this.pipe.transport);
    let meet: (peer: Connection) => void = () => undefined;
    const meeting = new Promise<Connection>((resolve) => (meet = resolve));
    const server = await listen(tap.transport, service, { ...common, accept: (_, peer) => meet(peer) });
    // What is sent again looks to the tap as if it were said twice.
    const dialled = resume ? this.pipe.transport : tap.transport;
    const connecting = connect(dialled, { ...common, responder: service });
    await this.scheduler.waitOne();
    const client = await connecting;
    const ends = [endOf(client), meeting.then(endOf)];
    // A session begins with SETUP, and a server can call whom it has met.
    if (plan.caller === 'server' || resume) await this.settle();
    this.begin(plan.caller === 'client' ? client : await meeting, client, server);
    await this.settle();
    this.caller.ask(ALL);
    this.neighbour.ask(ALL);
    this.reader.ask(ALL);
    await this.settle();
    const { caller, neighbour, reader, asked, answers, requests } = this;
    faults.push(...judge(plan, { caller, neighbour, reader, asked, answers, requests }));
    await this.end(client, server, ends);
    faults.push(...tap.overruns, ...saidTooMuch(tap.frames));
    return faults;
  }

  /** Everything that is to happen, each thing when its turn comes. */
  private begin(from: Connection, client: Connection, server: Server): void {
    const { plan, caller, neighbour, pipe } = this;
    const close = (side: Connection | Server) => (): void => void this.closing.push(over(side.close()));
    this.happen(['the call', () => caller.read(this.call(from))]);
    this.happen(...plan.asks.map((n): Step => [`the caller asks for ${n}`, () => caller.ask(n)]));
    this.happen(
      ['the call beside', () => neighbour.read(from.stream(payload('beside')))],
      ['the caller beside asks for 2', () => neighbour.ask(2)],
    );
    if (plan.cancel) this.happen(['the caller leaves', () => caller.leave()]);
    if (plan.close === 'cut') this.happen(['the loss', () => pipe.cut(0)]);
    else if (plan.close === 'client') this.happen(['the client closes', close(client)]);
    else if (plan.close === 'server') this.happen(['the server closes', close(server)]);
    this.happen(...plan.cuts.map((torn): Step => ['the cut', () => pipe.cut(torn)]));
  }

  /** All is closed, which ends at once where no stream is left over. */
  private async end(client: Connection, server: Server, ends: readonly ReturnType<typeof endOf>[]): Promise<void> {
    const { faults, plan, clock } = this;
    let ended = false;
    void Promise.all([...this.closing, over(client.close()), over(server.close())]).then(() => (ended = true));
    await this.settle();
    if (!ended) faults.push('a connection does not end: it has streams left over');
    const errors: (MeshError | undefined)[] = [];
    for (const end of ends) void end.then((error) => errors.push(error));
    await this.settle();
    // A server that closes before it has read SETUP refuses it.
    const broken = errors.filter((error) => error !== undefined && error.tag !== 'Rejected');
    if (plan.close !== 'cut') faults.push(...broken.map((error) => `a connection broke: ${error?.message}`));
    if (server.connections > 0) faults.push('the server has a connection left over');
    if (clock.pending > 0) faults.push(`${clock.pending} timers are left over`);
  }

  private service(): WireService {
    const answer = (): Observable<Payload> => {
      this.asked += 1;
      return this.said('the answer', this.plan.answer, this.answers);
    };
    return serving({
      notify: answer,
      response: () => answer().pipe(take(1)),
      stream: ({ data }) => (text(data) === 'beside' ? fromIterable(() => numbered(BESIDE)) : answer()),
      channel: (requests) =>
        defer(() => {
          const { plan, reader } = this;
          reader.read(requests);
          this.happen(...plan.asks.map((n): Step => [`the handler asks for ${n}`, () => reader.ask(n)]));
          if (plan.leave) this.happen(['the handler leaves the request', () => reader.leave()]);
          return answer();
        }),
    });
  }

  private call(from: Connection): Observable<Payload> {
    switch (this.plan.model) {
      case 'notify':
        return from.notify(payload('x'));
      case 'response':
        return from.response(payload('x'));
      case 'stream':
        return from.stream(payload('x'));
      case 'channel':
        return from.channel(this.said('the request', this.plan.request, this.requests));
    }
  }

  /** The items of a script, each when its turn comes, or when it is asked for. */
  private said(who: string, { items, end, pulled }: Script, spans: Spans): Observable<Payload> {
    const numbers = Array.from({ length: items }, (_, n) => n);
    const failure = new MeshError('Denied', 'no more');
    const many = this.plan.model === 'stream' || this.plan.model === 'channel';
    return defer(() => {
      spans.begun += 1;
      if (pulled && many) {
        const source = fromIterable(function* () {
          yield* numbered(items);
          if (end === 'error') throw failure;
        });
        return end === 'never' ? concat(source, NEVER) : source;
      }
      const subject = new Subject<Payload>();
      const last = (): void => {
        if (end === 'error') subject.error(failure);
        else if (end === 'complete') subject.complete();
      };
      this.happen(...numbers.map((n): Step => [`${who} says ${n}`, () => subject.next(payload(`${n}`))]), [
        `${who} ends`,
        last,
      ]);
      return subject;
    }).pipe(finalize(() => (spans.ended += 1)));
  }

  /** Does one thing after the other, each when its turn comes. */
  private happen(...[step, ...rest]: readonly Step[]): void {
    if (step === undefined) return;
    const [name, work] = step;
    void this.scheduler.schedule(Promise.resolve(), name).then(() => {
      this.happen(...rest);
      work();
    });
  }

  /** Lets everything happen that can. */
  private async settle(): Promise<void> {
    const { scheduler, clock, pipe } = this;
    const timers = (): Promise<void> => (this.resume ? clock.advance(0) : Promise.resolve());
    do {
      while (scheduler.count() > 0) {
        await scheduler.waitOne();
        const turns = this.pace.next().value as number;
        if (turns > 0) await turnsTaken(turns);
        await timers();
      }
      await turnsTaken(10);
      await timers();
      // After a second cut it waits before it dials again.
      for (let wait = 0; pipe.lost && wait < 30 && scheduler.count() === 0; wait++) await clock.advance(500);
    } while (scheduler.count() > 0);
  }
}

function* numbered(count: number): Generator<Payload, void> {
  for (let n = 0; n < count; n++) yield payload(`${n}`);
}
