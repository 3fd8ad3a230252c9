import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { addresses, contract, mesh, response, unchecked } from 'millrace';
import { connect, listen, payload, text, unix } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import { applications, failure } from '../app/applications.js';
import { over } from '../conformance/scene.js';
import { spawnSync } from 'node:child_process';

describe('a Unix socket', () => {
  const start = applications();
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-'));
    path = join(folder, 'shop.sock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const served = () => listen(unix({ path }), () => of(payload('here')), { grace: 0 });

  it('leaves no file behind', async () => {
    const server = await served();
    expect(readdirSync(folder)).to.deep.equal(['shop.sock']);
    await over(server.close());
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('takes over the file of a server that was killed', async () => {
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program]);
    expect(readdirSync(folder)).to.deep.equal(['shop.sock']);
    const server = await served();
    const client = await connect(unix({ path }));
    expect(text(await firstValueFrom(client.response(payload('x'))))).to.equal('here');
    await over(client.close());
    await over(server.close());
  });

  it('leaves the file of a server that lives, and what is no socket', async () => {
    const other = createServer().listen(path);
    await once(other, 'listening');
    expect(await failure(served())).to.include({ tag: 'Unavailable' });
    other.close();
    await once(other, 'close');
    writeFileSync(path, 'not a socket');
    expect((await failure(served())).message).to.match(/^cannot listen at unix:\/\/.*EADDRINUSE/);
    expect(readdirSync(folder)).to.deep.equal(['shop.sock']);
  });

  it('is a wire of an application, with an address for its callers', async () => {
    const Shop = contract('shop', { open: response(unchecked<string>(), unchecked<string>()) });
    const shop = await start(
      mesh()
        .serve(Shop, { open: (day) => of(`not on ${day}`) })
        .over(unix({ path })),
    );
    expect(shop.addresses).to.deep.equal([`unix://${path}`]);
    const elsewhere = unix({ path: join(folder, 'home.sock') });
    const home = await start(
      mesh()
        .over(elsewhere)
        .in(addresses(...shop.addresses)),
    );
    expect(await firstValueFrom(home.client(Shop).open('sunday'))).to.equal('not on sunday');
  });

  it('says that nobody listens', async () => {
    expect(await failure(connect(unix({ path })))).to.include({ tag: 'Unavailable' });
  });

  for (const [wrong, why] of [
    ['shop.sock', /'shop\.sock' is not an absolute path such as \/run\/shop\.sock/],
    [`/${'x'.repeat(103)}`, /is longer than the 103 bytes/],
  ] as const) {
    it(`refuses ${wrong.slice(0, 12)}`, () => {
      expect(() => unix({ path: wrong })).to.throw(why);
    });
  }
});
