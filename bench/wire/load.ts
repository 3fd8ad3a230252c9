// The client's side of a case: keeps one connection busy for a while and measures what it did.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Case } from './case.js';
import { largeMessage, message, sampled, sharedMicroseconds } from './message.js';
import type { Client } from './peer.js';

export interface Measured {
  readonly operations: number;
  readonly seconds: number;
  readonly p50ms: number;
  readonly p99ms: number;
}

/** Items of one stream or channel; further ones follow until the time is over. */
export const streamItems = 200_000;

/** Takes at least the given time: what is under way at its end is finished and counted. */
export async function load(
  client: Client,
  { kind, concurrency, large }: Case,
  milliseconds: number,
): Promise<Measured> {
  const run: Run = {
    client,
    latencies: createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 }),
    over: false,
    operations: 0,
  };
  const started = performance.now();
  const timer = setTimeout(() => (run.over = true), milliseconds);
  if (kind === 'unary') await Promise.all(Array.from({ length: concurrency }, () => lane(run, large, concurrency)));
  else if (kind === 'notify') await notifications(run);
  else while (!run.over) await (kind === 'stream' ? streamed(run) : channelled(run));
  clearTimeout(timer);
  const { operations, latencies } = run;
  const seconds = (performance.now() - started) / 1e3;
  return { operations, seconds, p50ms: latencies.percentile(50) / 1e3, p99ms: latencies.percentile(99) / 1e3 };
}

interface Run {
  readonly client: Client;
  readonly latencies: RecordableHistogram;
  over: boolean;
  operations: number;
}

/** One call after the other; many lanes make the concurrency. */
function lane(run: Run, large: boolean, concurrency: number): Promise<void> {
  const { client, latencies } = run;
  const make = large ? largeMessage : message;
  const timedOneIn = Math.min(concurrency, 8);
  return new Promise((resolve, reject) => {
    let sent = 0;
    let sentAt = 0;
    const next = () => {
      if (sent % timedOneIn === 0) sentAt = sharedMicroseconds();
      client.call(make(100_000 + sent), reply);
    };
    const reply = ({ id, available }: { id: number; available: boolean }) => {
      if (available || id !== 100_000 + sent) return reject(new Error(`call ${sent} was answered with ${id}`));
      if (sent % timedOneIn === 0) latencies.record(Math.max(1, sharedMicroseconds() - sentAt));
      sent += 1;
      run.operations += 1;
      if (run.over) resolve();
      else next();
    };
    next();
  });
}

function streamed(run: Run): Promise<void> {
  const { client, latencies } = run;
  return new Promise((resolve, reject) => {
    let received = 0;
    client.stream(
      streamItems,
      ({ id, mark }) => {
        if (id !== received++) reject(new Error(`item ${id} came in place of ${received - 1}`));
        if (mark > 0) latencies.record(Math.max(1, sharedMicroseconds() - mark));
      },
      () => {
        run.operations += received;
        if (received === streamItems) resolve();
        else reject(new Error(`a stream of ${streamItems} ended after ${received}`));
      },
    );
  });
}

/** Up and back again: an operation is an item's whole way. */
function channelled(run: Run): Promise<void> {
  const { client, latencies } = run;
  const sentAt = new Map<number, number>();
  const make = (index: number) => {
    if (index % sampled === 0) sentAt.set(index, sharedMicroseconds());
    return message(index);
  };
  return new Promise((resolve, reject) => {
    let received = 0;
    client.channel(
      streamItems,
      make,
      ({ id, available }) => {
        if (available || id !== received++) reject(new Error(`item ${id} came in place of ${received - 1}`));
        if (id % sampled !== 0) return;
        latencies.record(Math.max(1, sharedMicroseconds() - (sentAt.get(id) ?? 0)));
        sentAt.delete(id);
      },
      () => {
        run.operations += received;
        if (received === streamItems) resolve();
        else reject(new Error(`a channel of ${streamItems} ended after ${received}`));
      },
    );
  });
}

const burst = 256;
const burstsBetweenCalls = 4;
const callsUnderWay = 4;

/** Floods in bursts; a call after each 1,024 tells that they arrived, and at most 4 of those calls are open. */
async function notifications(run: Run): Promise<void> {
  const { client, latencies } = run;
  const before = await new Promise<number>((resolve) => client.call(message(0), ({ mark }) => resolve(mark)));
  return new Promise((resolve, reject) => {
    let sent = 0;
    let bursts = 0;
    let open = 0;
    let waiting = false;

    const confirm = (last: boolean) => {
      const sentAt = sharedMicroseconds();
      const expected = sent;
      open += 1;
      client.call(message(sent), ({ mark }) => {
        latencies.record(Math.max(1, sharedMicroseconds() - sentAt));
        open -= 1;
        run.operations = mark - before;
        if (run.operations !== expected) reject(new Error(`${run.operations} of ${expected} notifications arrived`));
        if (last) resolve();
        if (waiting) setImmediate(send);
        waiting = false;
      });
    };
    const send = () => {
      if (run.over) return confirm(true);
      for (let left = burst; left > 0; left -= 1) client.notify(message(sent++));
      if (++bursts % burstsBetweenCalls === 0) confirm(false);
      waiting = open >= callsUnderWay;
      if (!waiting) setImmediate(send);
    };
    send();
  });
}
