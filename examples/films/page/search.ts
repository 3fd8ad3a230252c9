/** The films' part of the page: a search as one types, whose results are read as the list is scrolled; stars, and plays. */
import { asMeshError, consume, control, type MeshError } from 'millrace';
import {
  defer,
  distinctUntilChanged,
  fromEvent,
  map,
  type Observable,
  retry,
  startWith,
  Subject,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import type { Found, Rating } from '../contracts.js';
import { atHome } from './callers.js';
import { find, number, write } from './element.js';
import { FilmList } from './film-list.js';
import { keep } from './keep.js';
import { Notice } from './notice.js';

/** Milliseconds until a search that has failed is tried again. */
const PAUSE = 600;

/** Begins to listen to the field and the list. */
export function startSearch(): void {
  const notice = new Notice(find('search-notice', HTMLElement));
  const stars = new Subject<Rating>();
  const list = new FilmList(find('films', HTMLUListElement), {
    rate(rating) {
      unanswered += 1;
      stars.next(rating);
    },
    play({ id, title }) {
      atHome
        .played({ id, title })
        .subscribe({ error: (error) => deeds.pass(asMeshError(error), 'It was not played.') });
    },
  });
  const deeds = new Notice(find('deed-notice', HTMLElement));
  let unanswered = 0;
  void consume(
    found(list, (error) => notice.show(error)),
    (film) => list.add(film),
  );
  void keep({
    source: () => atHome.rate(stars),
    use(score) {
      unanswered -= 1;
      list.score(score);
    },
    fault(error) {
      if (error === undefined || unanswered === 0) return;
      unanswered = 0;
      deeds.pass(error, 'The stars were not counted.');
    },
  });
}

/** What is typed ends the search before it. Films are asked for as there is room for them. */
function found(list: FilmList, fault: (error: MeshError | undefined) => void): Observable<Found> {
  const field = find('query', HTMLInputElement);
  const typed = fromEvent(field, 'input').pipe(
    map(() => field.value.trim()),
    startWith(''),
    distinctUntilChanged(),
  );
  return control(typed).pipe(switchMap((text) => search(text, list, fault)));
}

function search(text: string, list: FilmList, fault: (error: MeshError | undefined) => void): Observable<Found> {
  const state = find('search-state', HTMLElement);
  return defer(() => {
    list.begin();
    return atHome.search({ text });
  }).pipe(
    tap({
      next() {
        fault(undefined);
        write(state, 'More are asked for as you scroll.');
      },
      complete() {
        fault(undefined);
        list.end();
        write(state, list.length === 0 ? `No title has “${text}” in it.` : `${number(list.length)} found.`);
      },
    }),
    retry({
      delay(error) {
        fault(asMeshError(error));
        return timer(PAUSE);
      },
    }),
  );
}
