/** What a handler may answer with, as an Observable. */
import { from, isObservable, type Observable, type ObservableInput } from 'rxjs';
import { fromIterable } from './pull.js';

/** An Observable as it is; what can be iterated as a pulled source, so that it makes items as they are wanted; a promise as one item. */
export function observableOf<T>(answer: ObservableInput<T>): Observable<T> {
  if (isObservable(answer)) return answer;
  const many = typeof answer === 'object' && (Symbol.asyncIterator in answer || Symbol.iterator in answer);
  return many ? fromIterable(answer as Iterable<T> | AsyncIterable<T>) : from(answer);
}
