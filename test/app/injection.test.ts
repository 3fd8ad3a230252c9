import { expect } from 'chai';
import { type Client, client, component, type Handlers, Health, inject, iterate, Log, mesh, serves } from 'millrace';
import { firstValueFrom, of, range } from 'rxjs';
import { applications, quiet } from './applications.js';
import { Catalog, Clock, Ratings } from './contracts.js';
import { logLines } from './log-lines.js';
import { CatalogService, Librarian, RatingsService, Shelf } from './shop.js';

@component()
class CountedShelf extends Shelf {
  readonly counted = true;
}

@component()
class CountedLibrarian {
  readonly shelf = new CountedShelf();
}

const ZONE = Symbol('zone');

@serves(Clock)
class ClockService implements Handlers<typeof Clock> {
  constructor(@inject(ZONE) private readonly zone: string) {}

  name() {
    return of(this.zone);
  }
}

abstract class Ticker {
  abstract tick(): string;
}

@component()
class QuickTicker extends Ticker {
  tick(): string {
    return 'quick';
  }
}

@serves(Clock)
class TickService implements Handlers<typeof Clock> {
  constructor(private readonly ticker: Ticker) {}

  name() {
    return of(this.ticker.tick());
  }
}

@serves(Clock)
@serves(Ratings)
class Both implements Handlers<typeof Clock>, Handlers<typeof Ratings> {
  name() {
    return of('both');
  }

  of() {
    return of(1);
  }

  all() {
    return of(1);
  }
}

@serves(Catalog)
class LargeCatalog extends CatalogService {
  override browse() {
    return range(0, this.pageSize * 2);
  }
}

@serves(Catalog)
class NamedCatalog extends CatalogService {
  constructor(shelf: Shelf, @client(Ratings) ratings: Client<typeof Ratings>, log: Log, health: Health) {
    super(shelf, new Librarian(shelf), ratings, 7, log, health);
  }
}

const inner = (() => {
  @component()
  class Shelf {
    readonly name = 'inner';
  }
  return Shelf;
})();

const outer = (() => {
  @component()
  class Shelf {
    readonly name: string;
    constructor(@inject(inner) one: { readonly name: string }) {
      this.name = `outer of ${one.name}`;
    }
  }
  return Shelf;
})();

@serves(Clock)
class ClockOfShelf implements Handlers<typeof Clock> {
  constructor(@inject(outer) private readonly shelf: { readonly name: string }) {}

  name() {
    return of(this.shelf.name);
  }
}

describe('an application gives its classes', () => {
  const start = applications();
  const shop = mesh(CatalogService, RatingsService);
  const id = 'tt1';

  it('what their constructors ask for', async () => {
    const app = await start(shop);
    const service = app.get(CatalogService);
    expect(await firstValueFrom(service.title({ id }))).to.deep.equal({ id, name: 'Metropolis *' });
    expect(service.pageSize).to.equal(3);
    expect(service.log).to.equal(app.log);
    expect(service.health.ok).to.equal(true);
  });

  it('the same instance of a class, whoever asks', async () => {
    const app = await start(shop);
    const { shelf, librarian } = app.get(CatalogService);
    expect(shelf).to.be.instanceOf(Shelf);
    expect(librarian.shelf).to.equal(shelf);
    expect(app.get(RatingsService).shelf).to.equal(shelf);
    expect(app.get(Shelf)).to.equal(shelf);
    expect(app.get(CatalogService)).to.equal(app.get(CatalogService));
  });

  it('nothing of another application, though both are of one plan', async () => {
    const [one, other] = [await start(shop), await start(shop.configure({ 'catalog.page-size': 5 }))];
    expect(one.get(Shelf)).not.to.equal(other.get(Shelf));
    expect(one.get(Health)).not.to.equal(other.get(Health));
    one.get(Shelf).names.set('tt2', 'Sunrise');
    expect(await firstValueFrom(one.client(Ratings).of(id))).to.equal(2);
    expect(await firstValueFrom(other.client(Ratings).of(id))).to.equal(1);
    expect([one.get(CatalogService).pageSize, other.get(CatalogService).pageSize]).to.deep.equal([3, 5]);
    one.get(Health).report('shelf', false);
    expect(other.get(Health).ok).to.equal(true);
  });

  it('the value of a setting as it was configured', async () => {
    const app = await start(shop.configure({ 'catalog.page-size': '2' }));
    const seen: number[] = [];
    for await (const item of app.client(Catalog).browse({ count: 9 })) seen.push(item);
    expect(seen).to.deep.equal([0, 1]);
  });

  it('a log that knows the call', async () => {
    const lines = logLines();
    const app = await start(shop.log(lines.options));
    app.client(Catalog).viewed({ id }).subscribe();
    expect(await lines.of('viewed tt1')).to.include({ name: 'catalog', method: 'catalog.viewed' });
  });
});

describe('provide', () => {
  const start = applications();
  const shop = mesh(CatalogService, RatingsService);

  it('gives a value', async () => {
    const shelf = new Shelf();
    const app = await start(shop.provide(Shelf, { useValue: shelf }));
    expect(app.get(CatalogService).shelf).to.equal(shelf);
    expect(app.get(Librarian).shelf).to.equal(shelf);
  });

  it('gives one instance of a class in the place of another', async () => {
    const app = await start(shop.provide(Shelf, { useClass: CountedShelf }));
    const { shelf, librarian } = app.get(CatalogService);
    expect(shelf).to.be.instanceOf(CountedShelf);
    expect(librarian.shelf).to.equal(shelf);
    expect(app.get(CountedShelf)).to.equal(shelf);
  });

  it('gives what a function of the container makes, once for an application', async () => {
    const plan = shop.provide(Librarian, { useFactory: (from) => new Librarian(from.resolve(Shelf)) });
    const app = await start(plan);
    const { shelf, librarian } = app.get(CatalogService);
    expect(librarian.shelf).to.equal(shelf);
    expect(app.get(Librarian)).to.equal(librarian);
    expect((await start(plan)).get(Librarian)).not.to.equal(librarian);
  });

  it('gives a function of the container the one instance of a class that nobody else asks for', async () => {
    const app = await start(
      mesh(RatingsService).provide(Shelf, {
        useFactory: (from) => {
          const { shelf } = from.resolve(CountedLibrarian);
          return shelf;
        },
      }),
    );
    expect(app.get(RatingsService).shelf).to.equal(app.get(CountedLibrarian).shelf);
  });

  for (const provider of [{ useClass: CountedShelf }, { useFactory: () => new Shelf() }]) {
    it(`with the scope 'each' makes one by ${Object.keys(provider).join()} for each that asks`, async () => {
      const app = await start(shop.provide(Shelf, provider, 'each'));
      const { shelf, librarian } = app.get(CatalogService);
      expect(librarian.shelf).not.to.equal(shelf);
      expect(app.get(RatingsService).shelf).not.to.equal(shelf);
    });
  }

  it('gives a value of no class to who asks for it by a token', async () => {
    const app = await start(mesh(ClockService).provide(ZONE, { useValue: 'UTC' }));
    expect(await firstValueFrom(app.client(Clock).name())).to.equal('UTC');
  });

  it('gives an implementation of an abstract class', async () => {
    const app = await start(mesh(TickService).provide(Ticker, { useClass: QuickTicker }));
    expect(await firstValueFrom(app.client(Clock).name())).to.equal('quick');
    expect(app.get(Ticker)).to.be.instanceOf(QuickTicker);
  });

  it('holds as it was said last, and leaves the plan that it was said of as it is', async () => {
    const fake = new Shelf();
    const tested = shop.provide(Shelf, { useClass: CountedShelf }).provide(Shelf, { useValue: fake });
    expect((await start(tested)).get(CatalogService).shelf).to.equal(fake);
    expect((await start(shop)).get(CatalogService).shelf).not.to.equal(fake);
  });

  it("replaces the application's own log for the classes that ask for it", async () => {
    const own = Object.assign(Object.create(Log.prototype) as Log, { info: () => undefined });
    const app = await start(shop.provide(Log, { useValue: own }));
    expect(app.get(CatalogService).log).to.equal(own);
  });

  it('lets a test answer for the service that would be called', async () => {
    const app = await start(mesh(CatalogService).serve(Ratings, { of: () => of(5), all: () => of(5) }));
    expect(await firstValueFrom(app.client(Catalog).title({ id: 'tt1' }))).to.have.property('name', 'Metropolis *****');
  });
});

describe('a class', () => {
  const start = applications();

  it('can serve two contracts', async () => {
    const app = await start(mesh(Both));
    expect(await firstValueFrom(app.client(Clock).name())).to.equal('both');
    expect(await firstValueFrom(app.client(Ratings).of('tt1'))).to.equal(1);
    expect(app.describe().contracts.map(({ name }) => name)).to.have.members(['clock', 'ratings']);
  });

  it('can extend another, whose constructor it takes over', async () => {
    const app = await start(mesh(LargeCatalog, RatingsService).configure({ 'catalog.page-size': 2 }));
    const service = app.get(LargeCatalog);
    expect(service.shelf).to.equal(app.get(Shelf));
    const seen: number[] = [];
    for await (const item of iterate(app.client(Catalog).browse({ count: 9 }))) seen.push(item);
    expect(seen).to.deep.equal([0, 1, 2, 3]);
  });

  it('can extend another with a constructor of its own', async () => {
    const app = await start(mesh(NamedCatalog, RatingsService));
    const { ratings, pageSize } = app.get(NamedCatalog);
    expect(pageSize).to.equal(7);
    expect(await firstValueFrom(ratings.of('tt1'))).to.equal(1);
  });

  it('is told from another of the same name', async () => {
    const app = await start(mesh(ClockOfShelf));
    expect(await firstValueFrom(app.client(Clock).name())).to.equal('outer of inner');
  });

  it('can be asked for by an application that has not been started, as often as it is started', async () => {
    const plan = quiet(mesh(Both));
    for (let time = 0; time < 2; time++) expect((await start(plan)).state).to.equal('ready');
  });
});
