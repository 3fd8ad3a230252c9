/**
 * The call that is being answered, for code that no chain of subscribers leads to: an async function between two awaits.
 * Node's part of the framework says how it is kept; in a browser nothing is.
 */
import type { Call } from './call.js';

export interface Ambient {
  run<T>(call: Call<unknown> | undefined, work: () => T): T;
  current(): Call<unknown> | undefined;
}

const nowhere: Ambient = { run: (_call, work) => work(), current: () => undefined };

let present = nowhere;

/** Says how the ambient call is kept, once for the process. */
export function keepAmbient(ambient: Ambient): void {
  present = ambient;
}

/** The ambient call, if any. What subscribers lead to (`sinkOf`) is surer, and comes first. */
export function ambientCall(): Call<unknown> | undefined {
  return present.current();
}

/** Runs `work` with `call` as the ambient one; `undefined` shuts out the present one, for what outlives the call. */
export function asAmbient<T>(call: Call<unknown> | undefined, work: () => T): T {
  return present.run(call, work);
}
