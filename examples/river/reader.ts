/** A reader whose pace changes. It asks for an item when it has time for one, and that is all it does about demand. */
import { setTimeout as delay } from 'node:timers/promises';
import { consume } from 'millrace';
import type { Payload } from 'millrace/rsocket';
import type { Observable } from 'rxjs';

/** Rests at most so many times a second, after as many items as the pace allows for. */
const RESTS = 50;

/** Reads until the signal; rejects if the items end or fail. `pace` says how many items a second. */
export async function readAtPace(
  items: Observable<Payload>,
  pace: () => number,
  read: () => void,
  signal: AbortSignal,
): Promise<void> {
  let sinceRest = 0;
  const work = async (): Promise<void> => {
    read();
    sinceRest += 1;
    if (sinceRest < pace() / RESTS) return;
    const rest = (sinceRest * 1000) / pace();
    sinceRest = 0;
    await delay(rest, undefined, { signal });
  };
  try {
    await consume(items, work, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
