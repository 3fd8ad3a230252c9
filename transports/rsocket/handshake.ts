/** How a connection begins: SETUP from the client, what the server checks of it, and who answers requests afterwards. */
import { type Observable, of, throwError } from 'rxjs';
import { type Clock, isMeshError, meshError, type Overflow, type Stop } from '../../framework/kernel.js';
import { Answers } from './answers.js';
import { readInt32, readUint16 } from './bytes.js';
import { type Connection, connectionOf } from './connection.js';
import { Engine } from './engine.js';
import type { EngineOptions } from './engine-options.js';
import { encodeHello, helloOf } from './hello.js';
import { KeepAlive } from './keep-alive.js';
import { holderOf, type Lease, LeaseGrantor, Leases, type LeaseSource } from './lease.js';
import type { Limits } from './limits.js';
import type { Link, LinkSession } from './link.js';
import { ErrorCode, FrameType, HEADER, MAX_REQUEST } from './protocol.js';
import { encodeSetup, parseSetup, type SecretSetup, type Setup } from './setup.js';
import type { WireService } from './wire-service.js';

/** What both sides set. */
export interface Common {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly fragment: number;
  /** What a stream does with items that nobody asked for. */
  readonly overflow: Overflow | undefined;
  /** What the other side may ask for; undefined where there are no leases. */
  readonly leases: LeaseSource | undefined;
}

/**
 * Looks at a SETUP; returns who answers this connection, or nothing for the server's service. What it throws refuses the
 * connection. Calls to the peer fail with Unavailable until it has decided.
 */
export type Accept = (
  setup: Setup,
  peer: Connection,
) => WireService | undefined | void | Promise<WireService | undefined | void>;

/** Answers every request of a side that serves nothing. */
const nobody: WireService = () => throwError(() => meshError('Unknown', 'this side serves no requests'));

/** Begins a client's connection: SETUP is sent at once, and requests need not wait for an answer to it. */
export function greet(link: Link, setup: SecretSetup, service: WireService | undefined, common: Common): Connection {
  const engine = new Engine(engineOptions('client', link, common), {
    early: () => undefined,
    request: (request) => answers.request(request),
    assemble: (request) => answers.assemble(request),
  });
  const answers = new Answers(engine, service ?? nobody, common.overflow);
  engine.established = true;
  engine.outbox.raw(encodeSetup(setup));
  if (setup.lease) beginLeases(engine, common);
  watch(engine, setup.keepAlive, setup.lifetime, link.session);
  engine.start();
  return connectionOf(engine);
}

const FIRST = 'the first frame must be SETUP or RESUME, on stream 0';

/** Awaits a client's SETUP. */
export function receive(link: Link, service: WireService, accept: Accept | undefined, common: Common): Engine {
  let answers: Answers | undefined;
  const engine = new Engine(engineOptions('server', link, common), {
    early: (frame, start, end) => first(frame, start, end),
    request: (request) => answers?.request(request),
    assemble: (request) => (answers as Answers).assemble(request),
  });
  const late: Stop = common.clock.after(common.limits.setupTime, () =>
    engine.fatal(`no SETUP came within ${common.limits.setupTime} ms`, ErrorCode.INVALID_SETUP),
  );

  function first(frame: Uint8Array, start: number, end: number): void {
    late();
    const type = end - start < HEADER ? -1 : readUint16(frame, start + 4) >>> 10;
    const resume = type === FrameType.RESUME && readInt32(frame, start) === 0;
    if (resume) return engine.fatal('resume is not supported', ErrorCode.REJECTED_RESUME);
    if (type !== FrameType.SETUP) return engine.fatal(FIRST, ErrorCode.INVALID_SETUP);
    const read = parseSetup(frame, start, end);
    if ('code' in read) return engine.fatal(read.message, read.code);
    const { token, ...said } = read;
    if (said.lease && common.leases === undefined)
      return engine.fatal('lease is not supported', ErrorCode.UNSUPPORTED_SETUP);
    const refusal = token === undefined ? undefined : keep(token);
    if (refusal !== undefined) return engine.fatal(refusal, ErrorCode.REJECTED_SETUP);
    if (accept === undefined) return begin(said, service);
    engine.pause();
    engine.availability.next(0);
    ask(accept, said);
  }

  function keep(token: Uint8Array): string | undefined {
    return link.session === undefined ? 'resume is not supported' : link.session.keep(token);
  }

  function ask(accepting: Accept, read: Setup): void {
    const peer = connectionOf(engine);
    new Promise<WireService | undefined | void>((resolve) => resolve(accepting(read, peer))).then(
      (own) => {
        if (engine.ended) return;
        begin(read, own ?? service);
        if (!read.lease) engine.availability.next(1);
        engine.resume();
      },
      (error: unknown) => {
        const why = isMeshError(error) && error.tag !== 'Defect' ? error.message : 'refused';
        engine.fatal(why, ErrorCode.REJECTED_SETUP);
      },
    );
  }

  function begin(read: Setup, chosen: WireService): void {
    engine.peer = helloOf(read.metadata, read.metadataMimeType);
    answers = new Answers(engine, chosen, common.overflow, read.metadataMimeType);
    engine.established = true;
    if (read.lease) beginLeases(engine, common);
    watch(engine, 0, Math.min(read.lifetime, common.limits.lifetime), link.session);
    if (engine.peer === undefined) return;
    engine.outbox.metadataPush(encodeHello({ windowBytes: common.limits.windowBytes, leases: true }));
    if (!read.lease && engine.peer.leases && common.leases !== undefined) {
      const grantor = grantorOf(engine, common);
      engine.leases = new Leases(undefined, grantor, false);
      grantor.from(common.leases);
    }
  }

  engine.closed.subscribe({ error: late, complete: late });
  engine.start();
  return engine;
}

/** Each side says what it grants, and keeps to what the other does. */
function beginLeases(engine: Engine, common: Common): void {
  engine.availability.next(0);
  const grantor = grantorOf(engine, common);
  engine.leases = new Leases(holderOf(engine), grantor, true);
  grantor.from(common.leases ?? ALL);
}

function grantorOf(engine: Engine, { clock }: Common): LeaseGrantor {
  return new LeaseGrantor(clock, ({ ttl, requests }) => {
    if (!engine.ended) engine.outbox.lease(ttl, requests);
  });
}

/** Of a side that sets no bound. */
const ALL: Observable<Lease> = of({ requests: MAX_REQUEST, ttl: MAX_REQUEST });

function engineOptions(role: 'client' | 'server', link: Link, common: Common): EngineOptions {
  return { role, link, limits: common.limits, clock: common.clock, fragment: common.fragment };
}

function watch(engine: Engine, interval: number, lifetime: number, session: LinkSession | undefined): void {
  engine.keepAlive = new KeepAlive({
    clock: engine.clock,
    interval,
    lifetime,
    send: () => engine.outbox.keepAlive(true, new Uint8Array(0)),
    dead(silence) {
      if (session?.silent(Math.min(silence, lifetime)) === true) return;
      engine.abort(meshError('Broken', `${engine.name} was silent for ${Math.round(silence)} ms`));
    },
  });
}
