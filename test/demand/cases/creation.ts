/** Functions of RxJS that make Observables. */
import {
  animationFrames,
  bindCallback,
  bindNodeCallback,
  combineLatest,
  concat,
  connectable,
  defer,
  empty,
  finalize,
  forkJoin,
  from,
  fromEvent,
  fromEventPattern,
  generate,
  iif,
  interval,
  map,
  merge,
  never,
  Observable,
  of,
  onErrorResumeNext,
  pairs,
  partition,
  queueScheduler,
  race,
  range,
  scheduled,
  take,
  throwError,
  timer,
  using,
  zip,
} from 'rxjs';
import { fromIterable, nextTurn, paced } from 'millrace';
import { absorbs, type Cases, cuts, expands, keeps, needsTwin, none } from '../operator-case.js';
import { endless } from '../rig.js';

const pushed =
  'A pushed source: what nobody asked for waits in the buffer of the sink, at most 256 items; see absorb().';

export const creation: Cases = {
  animationFrames: expands(() => withFrames(animationFrames()), { example: 'animationFrames()', note: pushed }),
  bindCallback: expands(() => bindCallback((done: (n: number) => void) => done(1))(), { gives: 1, note: 'One item.' }),
  bindNodeCallback: expands(() => bindNodeCallback((done: (e: null, n: number) => void) => done(null, 1))(), {
    gives: 1,
    note: 'One item.',
  }),
  combineLatest: keeps(({ numbers }) => combineLatest([numbers(), numbers()]), {
    extra: 1,
    note: 'Sources take turns, so that an endless one does not keep the others out.',
  }),
  concat: keeps(({ few, numbers }) => concat(few(5), numbers())),
  connectable: cuts(({ numbers }) => connected(numbers()), {
    example: 'connectable(numbers())',
    note: 'There is no sink behind connect(): use multicast().',
  }),
  defer: keeps(({ numbers }) => defer(() => numbers())),
  empty: none(() => empty(), { gives: 0 }),
  forkJoin: absorbs(({ few }) => forkJoin([few(2000), few(2000)]), {
    gives: 1,
    everything: true,
    note: 'Keeps the last of each source.',
  }),
  from: needsTwin(() => from([1, 2, 3]), {
    gives: 3,
    note: 'Pushes what an array or an iterator holds, asked or not; an Observable passes as it is.',
    twin: { pipeline: () => fromIterable(() => endless()) },
  }),
  fromEvent: expands(({ ticks }) => fromEvent(emitterOf(ticks()), 'tick'), {
    example: "fromEvent(emitter, 'tick')",
    note: pushed,
  }),
  fromEventPattern: expands(
    ({ ticks }) =>
      fromEventPattern(
        (listener) => ticks().subscribe(listener),
        (_, subscription) => subscription.unsubscribe(),
      ),
    { example: 'fromEventPattern(add, remove)', note: pushed },
  ),
  generate: needsTwin(
    () =>
      generate(
        0,
        (n) => n < 300,
        (n) => n + 1,
      ),
    {
      gives: 0,
      fails: /more than 256 items/,
      note: 'Pushes in a loop: past 256 unasked items the stream fails.',
      twin: { pipeline: () => fromIterable(() => endless()) },
    },
  ),
  iif: keeps(({ numbers }) => iif(() => true, numbers(), numbers())),
  interval: expands(({ time }) => interval(2, time), { note: pushed }),
  merge: keeps(({ numbers }) => merge(numbers(), numbers()), {
    note: 'Sources take turns. A source of bursts needs paced.merge.',
  }),
  never: none(() => never(), { gives: 'none' }),
  of: expands(() => of(...Array.from({ length: 40 }, (_, n) => n)), { note: pushed }),
  onErrorResumeNext: keeps(({ failing, numbers }) => onErrorResumeNext(failing(), numbers())),
  pairs: expands(() => pairs({ a: 1, b: 2 }), { gives: 2, note: pushed }),
  partition: keeps(({ numbers }) => partition(numbers(), (n) => n % 2 === 0)[0], { per: 2 }),
  race: keeps(({ numbers }) => race(numbers(), numbers()), { note: 'The first to get a turn wins.' }),
  range: needsTwin(() => range(0, 300), {
    gives: 0,
    fails: /more than 256 items/,
    note: 'Pushes in a loop: past 256 unasked items the stream fails.',
    twin: { pipeline: () => fromIterable(() => endless()) },
  }),
  scheduled: expands(() => scheduled([1, 2, 3], queueScheduler), { gives: 3, note: pushed }),
  throwError: none(() => throwError(() => new Error('nothing to give')), { gives: 0, fails: /nothing to give/ }),
  timer: expands(({ time }) => timer(0, 2, time), { note: pushed }),
  using: keeps(({ numbers }) =>
    using(
      () => ({ unsubscribe: () => undefined }),
      () => numbers(),
    ),
  ),
  zip: needsTwin(({ numbers, ticks }) => zip(numbers(), ticks()), {
    everything: true,
    note: 'Keeps demand between pulled sources of one speed; beside a slow one a fast one piles up.',
    twin: { pipeline: ({ numbers, ticks }) => paced.zip(numbers(), ticks()), extra: 1 },
  }),
};

/** Connects once it is subscribed. */
function connected(source: Observable<number>): Observable<number> {
  return new Observable((subscriber) => {
    const shared = connectable(source);
    subscriber.add(shared.subscribe(subscriber));
    subscriber.add(shared.connect());
  });
}

/** What `fromEvent` takes for Node's emitter, ticking while somebody listens. */
function emitterOf(source: Observable<number>) {
  let stop = (): void => undefined;
  return {
    addListener(_: string, listener: (n: number) => void) {
      const subscription = source.subscribe(listener);
      stop = () => subscription.unsubscribe();
    },
    removeListener: () => stop(),
  };
}

/** Lends Node the frames of a browser, one each turn of the event loop, for as many as are taken. */
function withFrames(source: Observable<unknown>): Observable<unknown> {
  return new Observable((subscriber) => {
    const browser = globalThis as { requestAnimationFrame?: unknown; cancelAnimationFrame?: unknown };
    browser.requestAnimationFrame = (frame: (at: number) => void) => nextTurn(() => frame(0));
    browser.cancelAnimationFrame = () => undefined;
    const restore = (): void => {
      delete browser.requestAnimationFrame;
      delete browser.cancelAnimationFrame;
    };
    return source
      .pipe(
        take(200),
        map((_, n) => n),
        finalize(restore),
      )
      .subscribe(subscriber);
  });
}
