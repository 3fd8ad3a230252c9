/** Operators that join sources, or make a source of each item. */
import {
  combineAll,
  combineLatestAll,
  combineLatestWith,
  concatAll,
  concatMap,
  concatMapTo,
  concatWith,
  exhaust,
  exhaustAll,
  exhaustMap,
  expand,
  flatMap,
  map,
  mergeAll,
  mergeMap,
  mergeMapTo,
  mergeScan,
  mergeWith,
  of,
  raceWith,
  subscribeOn,
  switchAll,
  switchMap,
  switchMapTo,
  switchScan,
  withLatestFrom,
  zipAll,
  zipWith,
} from 'rxjs';
import { paced } from 'millrace';
import { type Cases, keeps, needsTwin } from '../operator-case.js';

const calls = 'Open calls hold the source back; for timers and other pushed inner sources use paced.concatMap.';
const many = 'At most 16 calls are open; for timers and other pushed inner sources use paced.mergeMap.';
const newest = 'A newer item ends the call of the one before, so a fast source starves it.';
const drops = 'Items that come while an inner source is open are dropped.';
const turns = 'Sources take turns.';

export const flatten: Cases = {
  combineAll: keeps(({ numbers }) => of(numbers(), numbers()).pipe(combineAll()), { extra: 1, note: turns }),
  combineLatestAll: keeps(({ numbers }) => of(numbers(), numbers()).pipe(combineLatestAll()), {
    extra: 1,
    note: turns,
  }),
  combineLatestWith: keeps(({ numbers }) => numbers().pipe(combineLatestWith(numbers())), { extra: 1, note: turns }),
  concatAll: keeps(({ numbers, answer }) => numbers().pipe(map(answer), concatAll()), { extra: 1, note: calls }),
  concatMap: keeps(({ numbers, answer }) => numbers().pipe(concatMap(answer)), { extra: 1, note: calls }),
  concatMapTo: keeps(({ numbers, answer }) => numbers().pipe(concatMapTo(answer(1))), { extra: 1, note: calls }),
  concatWith: keeps(({ few, numbers }) => few(5).pipe(concatWith(numbers()))),
  exhaust: keeps(({ numbers, answer }) => numbers().pipe(map(answer), exhaust()), { per: 2, note: drops }),
  exhaustAll: keeps(({ numbers, answer }) => numbers().pipe(map(answer), exhaustAll()), { per: 2, note: drops }),
  exhaustMap: keeps(({ numbers, answer }) => numbers().pipe(exhaustMap(answer)), { per: 2, note: drops }),
  expand: keeps(({ few, answer }) => few(1).pipe(expand((n) => answer(n + 1))), { note: 'Each item may make a call.' }),
  flatMap: keeps(({ numbers, answer }) => numbers().pipe(flatMap(answer, 4)), { extra: 4, note: many }),
  mergeAll: keeps(({ numbers, answer }) => numbers().pipe(map(answer), mergeAll()), { extra: 16, note: many }),
  mergeMap: keeps(({ numbers, answer }) => numbers().pipe(mergeMap(answer)), { extra: 16, note: many }),
  mergeMapTo: keeps(({ numbers, answer }) => numbers().pipe(mergeMapTo(answer(1))), { extra: 16, note: many }),
  mergeScan: keeps(({ numbers, answer }) => numbers().pipe(mergeScan((sum, n) => answer(sum + n), 0)), {
    extra: 16,
    note: many,
  }),
  mergeWith: keeps(({ numbers }) => numbers().pipe(mergeWith(numbers())), { note: turns }),
  raceWith: keeps(({ numbers }) => numbers().pipe(raceWith(numbers())), { note: 'The first to get a turn wins.' }),
  subscribeOn: keeps(({ numbers, time }) => numbers().pipe(subscribeOn(time, 5))),
  switchAll: needsTwin(({ numbers, answer }) => numbers().pipe(map(answer), switchAll()), {
    gives: 'none',
    everything: true,
    note: newest,
    twin: { pipeline: ({ numbers, answer }) => numbers().pipe(paced.switchMap(answer)), extra: 1 },
  }),
  switchMap: needsTwin(({ numbers, answer }) => numbers().pipe(switchMap(answer)), {
    gives: 'none',
    everything: true,
    note: newest,
    twin: { pipeline: ({ numbers, answer }) => numbers().pipe(paced.switchMap(answer)), extra: 1 },
  }),
  switchMapTo: needsTwin(({ numbers, answer }) => numbers().pipe(switchMapTo(answer(1))), {
    gives: 'none',
    everything: true,
    note: newest,
    twin: { pipeline: ({ numbers, answer }) => numbers().pipe(paced.switchMap(() => answer(1))), extra: 1 },
  }),
  switchScan: needsTwin(({ numbers, answer }) => numbers().pipe(switchScan((sum, n) => answer(sum + n), 0)), {
    gives: 'none',
    everything: true,
    note: newest,
    twin: { pipeline: ({ numbers, answer }) => numbers().pipe(paced.switchMap(answer)), extra: 1 },
  }),
  withLatestFrom: keeps(({ numbers }) => numbers().pipe(withLatestFrom(numbers())), {
    per: 2,
    extra: 2,
    note: 'What the other sources give replaces what they gave before.',
  }),
  zipAll: keeps(({ numbers }) => of(numbers(), numbers()).pipe(zipAll()), {
    per: 2,
    note: 'Beside a slow source a fast one piles up: use paced.zip.',
  }),
  zipWith: needsTwin(({ numbers, ticks }) => numbers().pipe(zipWith(ticks())), {
    everything: true,
    note: 'Keeps demand between pulled sources of one speed; beside a slow one a fast one piles up.',
    twin: { pipeline: ({ numbers, ticks }) => paced.zip(numbers(), ticks()), extra: 1 },
  }),
};
