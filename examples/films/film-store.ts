/** The films of the package vega-datasets, 3,201 of them, read when the program starts. */
import { readFileSync } from 'node:fs';
import { component } from 'millrace';
import type { Film } from './contracts.js';

/** A film as the package has it. */
type Row = Readonly<Record<string, string | number | null>>;

interface Entry {
  readonly film: Film;
  /** The title in the form that is searched. */
  readonly title: string;
  /** From 1 to 10. */
  readonly imdb: number | undefined;
}

@component()
export class FilmStore {
  private readonly entries: readonly Entry[] = read();
  private readonly byId = new Map(this.entries.map((entry) => [entry.film.id, entry]));

  /** The best known first. */
  readonly films: readonly Film[] = this.entries.map(({ film }) => film);

  film(id: string): Film | undefined {
    return this.byId.get(id)?.film;
  }

  /** What people elsewhere think of a film, from 1 to 10. */
  imdb(id: string): number | undefined {
    return this.byId.get(id)?.imdb;
  }

  /** Films with all the words in their titles, before them those whose title begins so. */
  *search(text: string): Generator<Film> {
    const wanted = plain(text).trim();
    const words = wanted.split(/\s+/);
    const matching = this.entries.filter(({ title }) => words.every((word) => title.includes(word)));
    for (const { title, film } of matching) if (title.startsWith(wanted)) yield film;
    for (const { title, film } of matching) if (!title.startsWith(wanted)) yield film;
  }
}

function read(): Entry[] {
  const file = new URL('../data/movies.json', import.meta.resolve('vega-datasets'));
  const rows = JSON.parse(readFileSync(file, 'utf8')) as readonly Row[];
  const votes = (row: Row): number => Number(row['IMDB Votes']);
  return rows
    .map((row, at) => ({ row, id: `f${at + 1}` }))
    .sort((a, b) => votes(b.row) - votes(a.row))
    .map(({ row, id }) => entryOf(row, id));
}

function entryOf(row: Row, id: string): Entry {
  const film = {
    id,
    title: textOf(row['Title']) ?? 'Untitled',
    ...known('year', yearOf(row['Release Date'])),
    ...known('genre', textOf(row['Major Genre'])),
    ...known('director', textOf(row['Director'])),
  };
  const imdb = row['IMDB Rating'];
  return { film, title: plain(film.title), imdb: typeof imdb === 'number' ? imdb : undefined };
}

/** A property where there is a value for it. */
function known<K extends string, T>(name: K, value: T | undefined): { [key in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: T });
}

/** The last film of the collection is of 2010: a later year is one of the century before, written with two digits. */
function yearOf(date: Row[string] | undefined): number | undefined {
  const year = Number(/\d{4}$/.exec(String(date))?.[0]);
  if (Number.isNaN(year)) return undefined;
  return year > 2012 ? year - 100 : year;
}

const MACINTOSH = new TextDecoder('macintosh').decode(Uint8Array.from({ length: 128 }, (_, at) => 128 + at));

/** Some titles in the package were ISO 8859-1 and read as Macintosh Roman: `LÈon` is `Léon`. */
function textOf(value: Row[string] | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return String(value).replaceAll(/[^\0-\x7f]/g, (letter) => {
    const at = MACINTOSH.indexOf(letter);
    return at === -1 ? letter : String.fromCharCode(128 + at);
  });
}

/** Without accents and capitals. */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
