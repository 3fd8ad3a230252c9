/** The services of a small shop of films, as a program would have them. */
import {
  type Call,
  type Client,
  client,
  component,
  count,
  type Handlers,
  Health,
  Log,
  param,
  serves,
  setting,
} from 'millrace';
import { map, type Observable, of, range } from 'rxjs';
import { Catalog, Ratings } from './contracts.js';

export const PageSize = param('catalog.page-size', 3, count, 'Titles a page.');

@component()
export class Shelf {
  readonly names = new Map([['tt1', 'Metropolis']]);
}

@component()
export class Librarian {
  constructor(readonly shelf: Shelf) {}
}

@serves(Catalog)
export class CatalogService implements Handlers<typeof Catalog> {
  constructor(
    readonly shelf: Shelf,
    readonly librarian: Librarian,
    @client(Ratings) readonly ratings: Client<typeof Ratings>,
    @setting(PageSize) readonly pageSize: number,
    readonly log: Log,
    readonly health: Health,
  ) {}

  title({ id }: { id: string }) {
    return this.ratings.of(id).pipe(map((stars) => ({ id, name: `${this.shelf.names.get(id)} ${'*'.repeat(stars)}` })));
  }

  browse() {
    return range(0, this.pageSize);
  }

  rate(ratings: Observable<number>) {
    return ratings;
  }

  viewed({ id }: { id: string }, call: Call<unknown>) {
    this.log.of(call).info(`viewed ${id}`);
  }
}

@serves(Ratings)
export class RatingsService implements Handlers<typeof Ratings> {
  constructor(readonly shelf: Shelf) {}

  of() {
    return of(this.shelf.names.size);
  }

  all() {
    return of(1, 2);
  }
}
