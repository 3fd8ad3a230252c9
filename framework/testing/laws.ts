/** What every filter owes to the filters around it, as checks that any test runner can run. */
import { concat, defer, firstValueFrom, NEVER, Observable, of, throwError, toArray } from 'rxjs';
import {
  type Agnostic,
  type Call,
  callOf,
  filters,
  GateSink,
  isMeshError,
  meshError,
  type Service,
  SINK,
  type Sink,
  sinkOf,
} from '../core/index.js';

/** One law: `check` rejects, saying what was broken. */
export interface Law {
  readonly name: string;
  check(): Promise<void>;
}

/**
 * The laws of `filter`, given as a function that makes a fresh one, in the state where it lets a call through.
 * @example for (const law of lawsOf(() => lift(() => tap()))) it(law.name, law.check)
 */
export function lawsOf(filter: () => Agnostic): readonly Law[] {
  return [
    law('is the same with the empty filter on either side', async () => {
      const plain = await seen(filter()(count3));
      const empty: Agnostic = filters();
      same(await seen(filters(empty, filter())(count3)), plain, 'with the empty filter outside');
      same(await seen(filters(filter(), empty)(count3)), plain, 'with the empty filter inside');
    }),
    law('composes in any grouping', async () => {
      const [a, b, c] = [filter(), filter(), filter()];
      same(
        await seen(filters(filters(a, b), c)(count3)),
        await seen(filters(filter(), filters(filter(), filter()))(count3)),
        'grouped',
      );
    }),
    law('does no work before it is subscribed', async () => {
      let calls = 0;
      const service: Service<string, number> = () => defer(() => of(++calls));
      const answer = filter()(service)(call());
      equal(calls, 0, 'calls before a subscription');
      await firstValueFrom(answer);
      equal(calls, 1, 'calls after one subscription');
    }),
    law('can be subscribed again, and performs the call again', async () => {
      let calls = 0;
      const answer = filter()<string, number>(() => defer(() => of(++calls)))(call());
      await firstValueFrom(answer);
      await firstValueFrom(answer);
      equal(calls, 2, 'calls after two subscriptions');
    }),
    law('passes a cancel to the innermost subscription exactly once', async () => {
      let cancels = 0;
      const service: Service<string, number> = () => new Observable<number>(() => () => void cancels++);
      const subscription = filter()(service)(call()).subscribe();
      equal(cancels, 0, 'cancels before the caller left');
      subscription.unsubscribe();
      subscription.unsubscribe();
      equal(cancels, 1, 'cancels after the caller left');
    }),
    law('makes an error of what a service throws', async () => {
      const service: Service<string, number> = () => {
        throw meshError('Denied', 'thrown at once');
      };
      const outcome = await seen((asked) => defer(() => filter()(service)(asked)));
      same(outcome, ['error Denied'], 'what the caller saw');
    }),
    law('passes values, completion and errors that it does not own unchanged', async () => {
      same(await seen(filter()(count3)), ['1', '2', '3', 'complete'], 'values and completion');
      const failing: Service<string, number> = () =>
        concat(
          of(1),
          throwError(() => meshError('Denied', 'no')),
        );
      same(await seen(filter()(failing)), ['1', 'error Denied'], 'a value, then an error');
    }),
    law('passes the call on unchanged in what it does not own', async () => {
      let got: Call<string> | undefined;
      const asked = call();
      await firstValueFrom(filter()<string, number>((next) => defer(() => ((got = next), of(1))))(asked));
      equal(got?.request, asked.request, 'the request');
      equal(got?.method, asked.method, 'the method');
      equal(got?.reply, asked.reply, 'the reply place');
    }),
    law('passes the gate on', async () => {
      let found: Sink | undefined;
      const service: Service<string, number> = () =>
        new Observable<number>((subscriber) => {
          found = sinkOf(subscriber);
          return NEVER.subscribe(subscriber);
        });
      const sink = new GateSink<number>({ next: () => undefined, error: () => undefined, complete: () => undefined });
      filter()(service)(call()).subscribe(sink);
      sink.request(1);
      equal(found, sink[SINK], 'the sink that the source found');
      sink.unsubscribe();
    }),
  ];
}

const count3: Service<string, number> = () => of(1, 2, 3);

function call(): Call<string> {
  return callOf({ interaction: 'stream', method: 'law.check', request: 'request' });
}

function law(name: string, check: () => Promise<void>): Law {
  return { name, check };
}

/** Everything that a caller sees of a service's answer, as texts. */
function seen(service: Service<string, number>): Promise<readonly string[]> {
  const events = new Observable<string>((to) =>
    service(call()).subscribe({
      next: (value) => to.next(String(value)),
      error(error: unknown) {
        to.next(`error ${isMeshError(error) ? error.tag : String(error)}`);
        to.complete();
      },
      complete() {
        to.next('complete');
        to.complete();
      },
    }),
  );
  return firstValueFrom(events.pipe(toArray()));
}

function same(found: readonly string[], wanted: readonly string[], what: string): void {
  equal(found.join(', '), wanted.join(', '), what);
}

function equal(found: unknown, wanted: unknown, what: string): void {
  if (!Object.is(found, wanted)) throw new Error(`${what}: ${String(wanted)} expected, ${String(found)} found`);
}
