/** The catalogue finds films, and is where the long feed begins. */
import { fromIterable, type Handlers, serves } from 'millrace';
import { of } from 'rxjs';
import {
  Catalogue,
  FEED_LENGTH,
  type FeedItem,
  type FilmId,
  type Query,
  type Range,
  type Reader,
} from './contracts.js';
import { FilmStore } from './film-store.js';
import { Hop } from './hop.js';

@serves(Catalogue)
export class CatalogueService implements Handlers<typeof Catalogue> {
  constructor(
    private readonly store: FilmStore,
    private readonly hop: Hop,
  ) {}

  search({ text }: Query) {
    return fromIterable(() => this.store.search(text));
  }

  film({ id }: FilmId) {
    const film = this.store.film(id);
    if (film === undefined) throw Catalogue.fail('NoSuchFilm', { id }, `there is no film ${id}`);
    return of(film);
  }

  feed(range: Range) {
    return fromIterable(() => this.items(range)).pipe(this.hop.count(range));
  }

  flow(reader: Reader) {
    return this.hop.flow('catalogue', reader);
  }

  private *items({ from }: Range): Generator<FeedItem> {
    const { films } = this.store;
    for (let n = from; n < FEED_LENGTH; n++) {
      const film = films[n % films.length];
      if (film !== undefined) yield { n, film };
    }
  }
}
