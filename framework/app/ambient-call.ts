/** Node's way of keeping the ambient call: it follows an async function through its awaits. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Observable, Subscriber } from 'rxjs';
import { type Agnostic, ambientCall, asAmbient, type Call, keepAmbient, type Service } from '../core/index.js';

const calls = new AsyncLocalStorage<Call<unknown> | undefined>();

/** Nothing is paid for it before the first async handler runs. */
export function keepAmbientCalls(): void {
  keepAmbient({ run: (call, work) => calls.run(call, work), current: () => calls.getStore() });
}

/**
 * Answers come out of a socket's callback. What an async handler does with them in a pipe, the call behind the first, is done for
 * the call that it answers as well.
 */
export const answersInAmbient: Agnostic = <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => {
  return (call) => {
    const ambient = ambientCall();
    if (ambient === undefined) return next(call);
    return new Observable((to) => next(call).subscribe(new InAmbient(to, ambient)));
  };
};

class InAmbient<T> extends Subscriber<T> {
  constructor(
    private readonly to: Subscriber<T>,
    private readonly ambient: Call<unknown>,
  ) {
    super(to);
  }

  protected override _next(item: T): void {
    asAmbient(this.ambient, () => this.to.next(item));
  }

  protected override _error(error: unknown): void {
    asAmbient(this.ambient, () => super._error(error));
  }

  protected override _complete(): void {
    asAmbient(this.ambient, () => super._complete());
  }
}
