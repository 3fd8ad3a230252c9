/** What a raw peer has received: every frame in order, the frames that no expectation has claimed yet, and the end. */

import { describeFrame, readFrame, type RawFrame } from './raw-frame.js';

export type FrameGuard<T extends RawFrame> = (frame: RawFrame) => frame is T;

export interface Inbox {
  /** All frames so far, claimed or not. */
  readonly received: readonly RawFrame[];
  readonly ended: boolean;
  put(bytes: Buffer): void;
  /** The connection has ended, or what came could not be read. */
  end(reason?: Error): void;
  /** The next frame that the guard takes, among those not claimed before; rejects when the connection ends first. */
  expectFrame<T extends RawFrame>(guard: FrameGuard<T>, about?: string): Promise<T>;
  /** The next `count` frames that the guard takes. */
  expectFrames<T extends RawFrame>(count: number, guard: FrameGuard<T>, about?: string): Promise<readonly T[]>;
  expectClosed(): Promise<void>;
  /** Resolves once `holds` does, asked again at each frame. */
  expectState(holds: () => boolean, about: string): Promise<void>;
  /** What is still awaited, and the last frames that came, for a failure's message. */
  report(): string;
}

interface Waiter {
  readonly about: string;
  offer(frame: RawFrame): boolean;
  fail(error: Error): void;
}

export function frameInbox(name: string): Inbox {
  const received: RawFrame[] = [];
  let unclaimed: RawFrame[] = [];
  const waiters = new Set<Waiter>();
  const closing = new Set<() => void>();
  let end: { readonly reason: Error | undefined } | undefined;

  const fault = (about: string): Error =>
    new Error(`${name} ended before ${about}; it had sent ${lastFrames(received)}`, { cause: end?.reason });

  const offer = (frame: RawFrame): void => {
    for (const waiter of waiters) if (waiter.offer(frame)) return;
    unclaimed.push(frame);
  };

  const finish = (reason: Error | undefined): void => {
    if (end !== undefined) return;
    end = { reason };
    for (const waiter of waiters) waiter.fail(fault(waiter.about));
    waiters.clear();
    for (const done of closing) done();
    closing.clear();
  };

  const wait = <T>(about: string, offerTo: (frame: RawFrame, resolve: (value: T) => void) => boolean): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const waiter: Waiter = {
        about,
        offer: (frame) =>
          offerTo(frame, (value) => {
            waiters.delete(waiter);
            resolve(value);
          }),
        fail: reject,
      };
      waiters.add(waiter);
      unclaimed = unclaimed.filter((frame) => !(waiters.has(waiter) && waiter.offer(frame)));
      if (end !== undefined && waiters.delete(waiter)) reject(fault(about));
    });

  const expectFrames = <T extends RawFrame>(count: number, guard: FrameGuard<T>, about = guard.name) => {
    const found: T[] = [];
    if (count === 0) return Promise.resolve<readonly T[]>(found);
    return wait<readonly T[]>(`${count} × ${about}`, (frame, resolve) => {
      if (!guard(frame)) return false;
      if (found.push(frame) === count) resolve(found);
      return true;
    });
  };

  return {
    received,
    get ended() {
      return end !== undefined;
    },
    put(bytes) {
      try {
        const frame = readFrame(bytes);
        received.push(frame);
        offer(frame);
      } catch (error) {
        finish(new Error(`${name} sent a frame that can't be read: ${bytes.toString('hex', 0, 40)}`, { cause: error }));
      }
    },
    end: finish,
    expectFrames,
    expectFrame: async (guard, about) => {
      const [frame] = await expectFrames(1, guard, about);
      if (frame === undefined) throw fault(about ?? guard.name);
      return frame;
    },
    expectClosed: () =>
      end === undefined ? new Promise((resolve) => closing.add(() => resolve())) : Promise.resolve(),
    expectState: async (holds, about) => {
      if (holds()) return;
      await wait<void>(about, (_frame, resolve) => {
        if (holds()) resolve();
        return false;
      });
    },
    report() {
      const awaited = [...waiters].map((waiter) => waiter.about);
      if (closing.size > 0) awaited.push('the connection to close');
      return `${name} awaited ${awaited.join(', ') || 'nothing'}; ${end === undefined ? 'open' : 'closed'}; received ${lastFrames(received)}`;
    },
  };
}

function lastFrames(frames: readonly RawFrame[]): string {
  const last = frames.slice(-8).map(describeFrame).join(' | ');
  return frames.length === 0 ? 'nothing' : `${frames.length} frames, last ${last}`;
}
