/** Home is what the page talks to, made of the other three. */
import { type Client, client, type Handlers, serves } from 'millrace';
import { concatMap, map, merge, type Observable, repeat, retry } from 'rxjs';
import {
  Catalogue,
  type Film,
  type Flow,
  Home,
  type Play,
  Playback,
  type Query,
  type Range,
  type Rating,
  Ratings,
  type Reader,
} from './contracts.js';
import { Hop } from './hop.js';

/** Milliseconds until a service that is away is asked again how it flows. */
const PAUSE = 300;

@serves(Home)
export class HomeService implements Handlers<typeof Home> {
  constructor(
    @client(Catalogue) private readonly catalogue: Client<typeof Catalogue>,
    @client(Ratings) private readonly ratings: Client<typeof Ratings>,
    @client(Playback) private readonly playback: Client<typeof Playback>,
    private readonly hop: Hop,
  ) {}

  search(query: Query) {
    return this.catalogue.search(query).pipe(concatMap((film) => this.scored(film)));
  }

  rate(ratings: Observable<Rating>) {
    return this.ratings.rate(ratings);
  }

  played(play: Play) {
    return this.playback.played(play);
  }

  trending() {
    return this.playback.trending();
  }

  feed(range: Range) {
    return this.playback.feed(range).pipe(
      map((item) => ({ ...item, text: `${item.film.title}, ${item.film.year ?? 'of an unknown year'}` })),
      this.hop.count(range),
    );
  }

  flows(reader: Reader): Observable<Flow> {
    const others = [this.catalogue, this.ratings, this.playback].map((service) => service.flow(reader));
    const always = others.map((flow) => flow.pipe(repeat({ delay: PAUSE }), retry({ delay: PAUSE })));
    return merge(this.hop.flow('home', reader), ...always);
  }

  private scored(film: Film) {
    return this.ratings.score({ id: film.id }).pipe(map((score) => ({ ...film, ...score })));
  }
}
