import { expect } from 'chai';
import {
  type Agnostic,
  type App,
  clientOf,
  Health,
  iterate,
  mesh,
  Platform,
  serves,
  type Service,
  type Status,
  use,
} from 'millrace';
import { connect, type Connection, tcp } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, of } from 'rxjs';
import { applications, failure } from './applications.js';
import { Catalog, Ratings } from './contracts.js';
import { CatalogService, RatingsService } from './shop.js';

/** A filter that says its name and nothing else. */
function named(name: string): Agnostic {
  const filter = <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => next;
  return Object.defineProperty(filter, 'name', { value: name }) as Agnostic;
}

@serves(Catalog)
class Guarded extends CatalogService {
  @use(named('guard'), named('count'))
  override browse() {
    return of(1);
  }
}

@serves(Catalog)
class Heir extends Guarded {}

describe('what an application says of itself', () => {
  const start = applications();
  let app: App;
  let connection: Connection;

  beforeEach(async () => {
    app = await start(
      mesh(CatalogService, RatingsService)
        .named('shop')
        .use(named('audit'))
        .over(tcp({ port: 0 })),
    );
    connection = await connect(tcp({ port: Number(new URL(app.addresses[0] ?? '').port) }));
  });
  afterEach(() => lastValueFrom(connection.close(), { defaultValue: undefined }));

  it('is its name, places, contracts and whom it calls', () => {
    const { name, addresses, contracts, calls, versions } = app.describe();
    expect(name).to.equal('shop');
    expect(addresses).to.deep.equal(app.addresses);
    expect(calls).to.deep.equal(['ratings']);
    expect(versions).to.have.property('node', process.versions.node);
    expect(contracts.map((contract) => [contract.name, contract.version])).to.deep.equal([
      ['catalog', '1.4'],
      ['ratings', '1'],
    ]);
    const [catalog] = contracts;
    expect(Object.keys(catalog?.methods ?? {})).to.deep.equal(['browse', 'rate', 'title', 'viewed']);
    expect(catalog?.methods['title']).to.deep.include({ interaction: 'response', about: 'The title of an id.' });
    expect(catalog?.failures['NotFound']).to.include({ httpStatus: 404 });
  });

  it('is the stacks of its calls, outermost first', () => {
    const all = app.describe().stacks['all'] ?? [];
    expect(all.indexOf('trace')).to.be.lessThan(all.indexOf('audit'));
    expect(all.indexOf('audit')).to.be.lessThan(all.indexOf('deadline'));
  });

  it('names the filters of a method, also of one that a class takes over from another', async () => {
    const guarded = await start(mesh(Guarded, RatingsService));
    expect(guarded.describe().stacks['catalog.browse']).to.deep.equal(['guard', 'count']);
    expect((await start(mesh(Heir, RatingsService))).describe().stacks['catalog.browse']).to.deep.equal([
      'guard',
      'count',
    ]);
  });

  it('can be asked for over the wire, and is plain data', async () => {
    const platform = clientOf(Platform, connection);
    const described = await firstValueFrom(platform.describe());
    expect(described).to.deep.equal(JSON.parse(JSON.stringify(app.describe())));
  });

  it('is heard over the wire when it changes, to the end', async () => {
    const platform = clientOf(Platform, connection);
    const statuses = iterate(platform.status())[Symbol.asyncIterator]();
    const until = async (ready: boolean): Promise<Status> => {
      for (;;) {
        const { value } = await statuses.next();
        if (value === undefined) throw new Error('the application has ended');
        if (value.ready === ready) return value;
      }
    };
    expect(await until(true)).to.deep.equal({
      ready: true,
      state: 'ready',
      services: ['catalog', 'ratings'],
      checks: {},
    });
    app.get(Health).report('shelf', false, 'it is empty');
    expect((await until(false)).checks).to.deep.equal({ shelf: { ok: false, why: 'it is empty' } });
    app.get(Health).report('shelf', true);
    expect((await until(true)).checks).to.deep.equal({ shelf: { ok: true } });
    const stopping = app.stop();
    expect(await until(false)).to.include({ state: 'stopping' });
    expect(await statuses.next()).to.deep.equal({ done: true, value: undefined });
    await stopping;
  });

  it('has the name of its first contract where it is given none', async () => {
    expect((await start(mesh(RatingsService))).name).to.equal('ratings');
    expect((await start(mesh().serve(Ratings, { of: () => of(1), all: () => of(1) }))).name).to.equal('ratings');
    expect((await start(mesh())).name).to.equal('client');
  });

  it('knows no route of another name, and says which one is near', async () => {
    const error = await failure(
      firstValueFrom(clientOf({ ...Catalog, name: 'catalogue' }, connection).title({ id: '' })),
    );
    expect(error.tag).to.equal('Unknown');
    expect(error.message).to.equal('there is no catalogue.title; did you mean catalog.title?');
  });
});
