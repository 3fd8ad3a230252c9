/** Ratings knows what people think of films. */
import { type Client, client, type Handlers, serves } from 'millrace';
import { map, type Observable, of } from 'rxjs';
import { Catalogue, type FilmId, type Range, type Rating, Ratings, type Reader, type Score } from './contracts.js';
import { FilmStore } from './film-store.js';
import { Hop } from './hop.js';

/** What people elsewhere think counts as so many votes given here. */
const PRIOR = 4;

@serves(Ratings)
export class RatingsService implements Handlers<typeof Ratings> {
  private readonly given = new Map<string, { readonly sum: number; readonly votes: number }>();

  constructor(
    private readonly store: FilmStore,
    @client(Catalogue) private readonly catalogue: Client<typeof Catalogue>,
    private readonly hop: Hop,
  ) {}

  score({ id }: FilmId) {
    return of(this.scoreOf(id));
  }

  /** A channel is one person, whose later stars for a film replace the earlier. */
  rate(ratings: Observable<Rating>) {
    const mine = new Map<string, number>();
    return ratings.pipe(
      map(({ id, stars }) => {
        if (this.store.film(id) === undefined) throw Catalogue.fail('NoSuchFilm', { id }, `there is no film ${id}`);
        const { sum, votes } = this.given.get(id) ?? { sum: 0, votes: 0 };
        const before = mine.get(id);
        this.given.set(id, { sum: sum + stars - (before ?? 0), votes: before === undefined ? votes + 1 : votes });
        mine.set(id, stars);
        return this.scoreOf(id);
      }),
    );
  }

  feed(range: Range) {
    return this.catalogue.feed(range).pipe(
      map((item) => ({ ...item, score: this.scoreOf(item.film.id).score })),
      this.hop.count(range),
    );
  }

  flow(reader: Reader) {
    return this.hop.flow('ratings', reader);
  }

  private scoreOf(id: string): Score {
    const { sum, votes } = this.given.get(id) ?? { sum: 0, votes: 0 };
    const imdb = this.store.imdb(id);
    const weight = imdb === undefined ? votes : votes + PRIOR;
    if (weight === 0) return { id, votes };
    return { id, votes, score: Math.round(((sum + ((imdb ?? 0) / 2) * PRIOR) / weight) * 10) / 10 };
  }
}
