/** The next turn of the event loop, in Node and in browsers; the one file that knows how to get it. */

/** Runs `work` after the input and output that are waiting have been served. */
export const nextTurn: (work: () => void) => void = chooseTurn();

function chooseTurn(): (work: () => void) => void {
  if (typeof setImmediate === 'function') return (work) => void setImmediate(work);
  const waiting: (() => void)[] = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => waiting.shift()?.();
  return (work) => {
    waiting.push(work);
    channel.port2.postMessage(undefined);
  };
}
