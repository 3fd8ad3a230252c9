/** How a simulated connection comes about: a question, an answer, and a third message that comes with the first bytes. */
import { meshError, type Stop } from '../core/index.js';
import type { Link } from '../../transports/rsocket/index.js';
import type { Fabric } from './fabric.js';
import type { Accept, Life } from './life.js';
import { Pipe, type PipeReader } from './pipe.js';
import { SimulatedLink } from './simulated-link.js';

/** A port of a host. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Who listens somewhere, and as part of which life of the host. */
export interface Listener {
  readonly life: Life;
  readonly accept: Accept;
}

export interface DialOptions {
  readonly fabric: Fabric;
  /** Who dials. */
  readonly life: Life;
  readonly from: Place;
  readonly to: Place;
  /** Who listens at `to` at the moment. */
  listener(): Listener | undefined;
}

/**
 * Resolves after a round trip; rejects with Unavailable where nobody listens, or where no answer comes in time. What is lost
 * is sent again. For a host that crashes meanwhile it does neither.
 */
export function dial(options: DialOptions): Promise<Link> {
  const { fabric, life, from, to } = options;
  const { faults, counts, log } = fabric;
  const out = fabric.path(from.host, to.host);
  const back = fabric.path(to.host, from.host);
  const label = `${from.host}:${from.port} > ${to.host}:${to.port}`;
  return new Promise((resolve, reject) => {
    let answered = false;
    let again: Stop = () => undefined;

    const giveUp = life.clock.after(faults.dialTimeout, () => {
      settle('no answer');
      reject(meshError('Unavailable', `sim ${to.host}:${to.port}: no answer within ${faults.dialTimeout} ms`));
    });

    function ask(pause: number): void {
      again = life.clock.after(pause, () => ask(pause * 2));
      fabric.send(out, () => {
        const found = options.listener();
        fabric.send(back, () => answer(found));
      });
    }

    function answer(found: Listener | undefined): void {
      if (answered || !life.alive) return;
      settle(found === undefined ? 'refused' : 'connected');
      if (found !== undefined) return resolve(connected(options, found, label));
      counts.refused += 1;
      reject(meshError('Unavailable', `sim ${to.host}:${to.port}: refused`));
    }

    function settle(how: string): void {
      answered = true;
      giveUp();
      again();
      log.add(`${label} ${how}`);
    }

    ask(faults.retransmit);
  });
}

function connected(options: DialOptions, found: Listener, label: string): Link {
  const { fabric, life, from, to } = options;
  const there = new Pipe(fabric, fabric.path(from.host, to.host), label);
  const back = new Pipe(fabric, fabric.path(to.host, from.host), `${to.host}:${to.port} > ${from.host}:${from.port}`);
  const near = new SimulatedLink(`sim ${to.host}:${to.port}`, fabric, life, { incoming: back, outgoing: there });
  there.readBy(new Door(back, admit));
  there.open();
  return near;

  /** False if the listener has gone since it answered. */
  function admit(): boolean {
    if (options.listener()?.accept !== found.accept) return false;
    const name = `sim ${from.host}:${from.port}`;
    found.accept(new SimulatedLink(name, fabric, found.life, { incoming: there, outgoing: back }));
    return true;
  }
}

/** Where a connection waits for its third message. */
class Door implements PipeReader {
  readonly reading = false;
  gone = false;

  constructor(
    private readonly back: Pipe,
    private readonly admit: () => boolean,
  ) {}

  opened(): void {
    if (!this.admit()) this.refuse();
  }

  refuse(): void {
    this.gone = true;
    this.back.abandon();
  }

  bytes(): void {}
  ended(): void {}
  reset(): void {}
}
