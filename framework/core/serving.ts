/** Answering on behalf of a call: what a handler's own calls find when they look for the call they are made for. */
import { Observable } from 'rxjs';
import type { Call } from './call.js';
import { type Gate, loneGate, type Sink, sinkOf } from './gate.js';
import { GateLink } from './sink.js';

/**
 * `source` with `call` as the one that is being served: calls that its operators make inherit from it. The gate stays the
 * one that the subscription leads to.
 */
export function servingAs<T>(call: Call<unknown>, source: Observable<T>): Observable<T> {
  return new Observable((subscriber) => {
    const outer = sinkOf(subscriber);
    source.subscribe(
      new GateLink(subscriber, outer === undefined ? lonely(call) : { gate: outer.gate, serving: call }),
    );
  });
}

/** A place of its own for a chain of which nobody knows the demand; the gate is made if a source looks for it. */
function lonely(serving: Call<unknown>): Sink {
  let gate: Gate | undefined;
  return {
    serving,
    get gate() {
      return (gate ??= loneGate());
    },
  };
}
