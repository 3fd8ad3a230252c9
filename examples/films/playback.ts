/** Playback hears what is played, and knows what is played most. */
import { type Client, client, type Handlers, serves } from 'millrace';
import { BehaviorSubject, map } from 'rxjs';
import { type Play, Playback, type Range, Ratings, type Reader, type Trend } from './contracts.js';
import { Hop } from './hop.js';

/** Films that trending shows. */
const SHOWN = 5;
/** Films whose plays are counted; of more, the one that was played longest ago is forgotten. */
const COUNTED = 10_000;

@serves(Playback)
export class PlaybackService implements Handlers<typeof Playback> {
  private readonly counts = new Map<string, Trend>();
  private readonly trends = new BehaviorSubject<Trend[]>([]);

  constructor(
    @client(Ratings) private readonly ratings: Client<typeof Ratings>,
    private readonly hop: Hop,
  ) {}

  played({ id, title }: Play) {
    const plays = (this.counts.get(id)?.plays ?? 0) + 1;
    this.counts.delete(id);
    this.counts.set(id, { id, title, plays });
    const [oldest] = this.counts.keys();
    if (this.counts.size > COUNTED && oldest !== undefined) this.counts.delete(oldest);
    this.trends.next([...this.counts.values()].sort((a, b) => b.plays - a.plays).slice(0, SHOWN));
  }

  trending() {
    return this.trends;
  }

  feed(range: Range) {
    return this.ratings.feed(range).pipe(
      map((item) => ({ ...item, plays: this.counts.get(item.film.id)?.plays ?? 0 })),
      this.hop.count(range),
    );
  }

  flow(reader: Reader) {
    return this.hop.flow('playback', reader);
  }
}
