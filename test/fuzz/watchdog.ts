/** Beside the fuzzer in a thread of its own: ends a process that is busy with one input for too long, and says which. */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { say } from './report.js';

const ROOM = 256 * 1024;
/** Milliseconds of processor time for one input. */
const MOST = 5000;

export interface Watchdog {
  /** These inputs are played from now on. */
  playing(line: () => string): void;
  stop(): Promise<void>;
}

/** A number that counts inputs and, behind it, the text of the present one. */
export function watchdog(): Watchdog {
  const shared = new SharedArrayBuffer(8 + ROOM);
  const head = new Int32Array(shared, 0, 2);
  const text = new Uint8Array(shared, 8);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: shared });
  worker.unref();
  return {
    playing(line) {
      head[1] = new TextEncoder().encodeInto(line(), text).written;
      Atomics.add(head, 0, 1);
    },
    stop: async () => void (await worker.terminate()),
  };
}

if (parentPort !== null && workerData instanceof SharedArrayBuffer) {
  const head = new Int32Array(workerData, 0, 2);
  let seen = -1;
  let since = 0;
  setInterval(() => {
    const now = Atomics.load(head, 0);
    const { user, system } = process.cpuUsage();
    const busy = (user + system) / 1000;
    if (now !== seen) {
      seen = now;
      since = busy;
    } else if (busy - since > MOST) {
      const lines = Buffer.from(Uint8Array.from(new Uint8Array(workerData, 8, head[1]))).toString();
      const what = `one input keeps the process busy for more than ${MOST} ms`;
      say({ kind: 'fault', what, target: '', seed: 0, iteration: now, inputs: lines.split('\n') });
      process.kill(process.pid, 'SIGKILL');
    }
  }, 250);
}
