/** The next turn of the event loop, in Node and in browsers; the one file that knows how to get it. */

/** Turns that were asked for and have not come. */
let waiting = 0;

const schedule: (work: () => void) => void = chooseTurn();

/** Runs `work` after the input and output that are waiting have been served. */
export function nextTurn(work: () => void): void {
  waiting += 1;
  schedule(() => {
    waiting -= 1;
    work();
  });
}

/**
 * Resolves once promises have settled and nobody waits for a turn, or the event loop has gone round so often: for clocks
 * that move only when a program has nothing left to do.
 */
export async function turnsTaken(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await new Promise<void>(schedule);
    if (waiting === 0) return;
  }
}

function chooseTurn(): (work: () => void) => void {
  if (typeof setImmediate === 'function') return (work) => void setImmediate(work);
  const queue: (() => void)[] = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => queue.shift()?.();
  return (work) => {
    queue.push(work);
    channel.port2.postMessage(undefined);
  };
}
