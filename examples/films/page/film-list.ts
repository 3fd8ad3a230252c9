/** The films that were found, as a list that takes one more whenever there is room for it. */
import type { Found, Rating, Score } from '../contracts.js';
import { element, write } from './element.js';

/** Pixels below what is seen that are filled as well. */
const AHEAD = 240;
const STARS = [1, 2, 3, 4, 5] as const;

/** What people do with films. */
export interface Deeds {
  rate(rating: Rating): void;
  play(film: Found): void;
}

export class FilmList {
  private readonly scores = new Map<string, (score: Omit<Score, 'id'>) => void>();
  /** The films are those of the search before. */
  private stale = false;
  private roomy: () => void = () => undefined;

  constructor(
    private readonly place: HTMLUListElement,
    private readonly deeds: Deeds,
  ) {
    place.addEventListener('scroll', () => this.look(), { passive: true });
    new ResizeObserver(() => this.look()).observe(place);
  }

  get length(): number {
    return this.place.children.length;
  }

  /** A new search: what is there goes when its first film comes, or its end. */
  begin(): void {
    this.stale = true;
    this.place.setAttribute('aria-busy', 'true');
    this.roomy();
  }

  /** Shows a film. Resolves when there is room for another. */
  async add(film: Found): Promise<void> {
    this.clear();
    this.place.append(this.row(film));
    if (!this.full) return;
    await new Promise<void>((done) => (this.roomy = done));
  }

  end(): void {
    this.clear();
  }

  /** A score has changed. */
  score({ id, ...score }: Score): void {
    this.scores.get(id)?.(score);
  }

  private clear(): void {
    if (!this.stale) return;
    this.stale = false;
    this.place.removeAttribute('aria-busy');
    this.scores.clear();
    this.place.replaceChildren();
    this.place.scrollTop = 0;
  }

  private get full(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.place;
    return scrollHeight - scrollTop - clientHeight > AHEAD;
  }

  private look(): void {
    if (!this.full) this.roomy();
  }

  private row(film: Found): HTMLElement {
    const about = [film.year, film.genre, film.director].filter((each) => each !== undefined).join(' · ');
    const play = element('button', {
      type: 'button',
      class: 'play',
      'aria-label': `Play ${film.title}`,
      title: 'Play',
    });
    play.addEventListener('click', () => this.deeds.play(film));
    return element(
      'li',
      { class: 'film', 'data-film': film.id },
      element('div', { class: 'what' }, element('h3', {}, film.title), element('p', {}, about)),
      this.stars(film),
      play,
    );
  }

  private stars(film: Found): HTMLElement {
    const text = element('span', { class: 'score' });
    const choices = STARS.map((stars) => {
      const choice = element('input', { type: 'radio', name: `stars-${film.id}`, value: String(stars) });
      choice.addEventListener('change', () => this.deeds.rate({ id: film.id, stars }));
      return element(
        'label',
        { title: `${stars} of 5` },
        choice,
        element('span', { class: 'unseen' }, `${stars} stars`),
      );
    });
    const row = element('div', { class: 'row' }, ...choices);
    const show = ({ score, votes }: Omit<Score, 'id'>): void => {
      row.style.setProperty('--part', `${((score ?? 0) / 5) * 100}%`);
      row.classList.toggle('voted', votes > 0);
      write(text, score === undefined ? '–' : score.toFixed(1));
      text.title = votes === 0 ? 'as people elsewhere have rated it' : `with ${votes} given here`;
    };
    show(film);
    this.scores.set(film.id, show);
    const legend = element('legend', { class: 'unseen' }, `Rate ${film.title}`);
    return element('fieldset', { class: 'stars' }, legend, row, text);
  }
}
