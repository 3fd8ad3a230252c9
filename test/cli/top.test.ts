import { expect } from 'chai';
import { contract, mesh, meshError, registry, response, unchecked } from 'millrace';
import { registryMesh } from 'millrace/registry';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, of, throwError } from 'rxjs';
import { applications } from '../app/applications.js';
import { cli } from './cli.js';

const Films = contract('films', {
  title: response(unchecked<string>(), unchecked<string>()),
  rent: response(unchecked<string>(), unchecked<string>()),
});

describe('millrace top', function () {
  this.timeout(30_000);
  const start = applications();

  it('shows how calls go at each instance that a registry knows', async () => {
    const known = await start(registryMesh().over(tcp({ port: 0 })));
    const place = known.addresses[0] ?? '';
    const films = await start(
      mesh()
        .serve(Films, { title: (id) => of(id), rent: () => throwError(() => meshError('Denied', 'no')) })
        .over(tcp({ port: 0 }))
        .in(registry(place))
        .configure({ 'discovery.id': 'films-1', 'limit.initial': 500 }),
    );
    const home = await start(mesh().over(tcp()).in(registry(place)));
    const client = home.client(Films);
    let calling = true;
    const load = (async () => {
      while (calling) {
        await firstValueFrom(client.title('a'));
        await firstValueFrom(client.rent('a')).catch(() => undefined);
      }
    })();
    const { status, out } = await cli(['top', '--registry', place, '--once', '--interval', '300 ms', '-o', 'json']);
    expect(status).to.equal(0);
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const title = rows.find(({ method }) => method === 'films.title');
    expect(title).to.include({ instance: 'FILMS/films-1', side: 'server', errors: 0, limit: 500, breakers: 0 });
    expect(title?.['p99']).to.be.at.least(Number(title?.['p50']));
    expect(rows.find(({ method }) => method === 'films.rent')).to.include({ errors: 1 });
    const pretty = await cli(['top', films.addresses[0] ?? '', '--once', '--interval', '300 ms']);
    calling = false;
    await load;
    expect(pretty.out).to.match(
      /^1 instance\nINSTANCE +METHOD +CALLS\/S +ERRORS +P50 MS +P99 MS +OPEN +LIMIT +BREAKERS\n/,
    );
    expect(pretty.out).to.match(/films\.rent +answers +[\d.]+ +100\.0 %/);
  });

  it('says what is wrong with its words', async () => {
    const both = await cli(['top', 'tcp://127.0.0.1:1', '--registry', 'tcp://127.0.0.1:2']);
    expect([both.status, both.err]).to.deep.equal([
      2,
      'error: either addresses or --registry says what to watch\n(millrace top --help says how it is used)\n',
    ]);
  });
});
