import { expect } from 'chai';
import { connect, listen, payload, type PeerCheck, spiffe, tls, type TlsCredentials } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import { failure, thrown } from '../app/applications.js';
import { over } from '../conformance/scene.js';
import { type Authority, authority, ExtendedKeyUsage, KeyUsageFlags, type Leaf, selfSigned } from './authority.js';

const DAY = 86_400_000;
const ID = 'spiffe://shop.test/films';
const LONG = `spiffe://shop.test/${'a'.repeat(2048)}`;

/** What is wrong with a certificate, and what is said of it. */
const bad: Readonly<Record<string, readonly [Leaf, RegExp]>> = {
  'without a URI name': [{ dns: ['films.test'] }, /it has no URI name/],
  'with two URI names': [{ uris: [ID, 'spiffe://shop.test/home'] }, /it has 2 URI names, and must have one/],
  'of a CA': [{ uris: [ID], ca: true }, /it is a CA certificate/],
  'of another trust domain': [{ uris: ['spiffe://other.test/films'] }, /is not of the trust domain shop\.test/],
  'that has expired': [{ uris: [ID], from: -2 * DAY, to: -DAY }, /expired|CERT_HAS_EXPIRED/],
  'of tomorrow': [{ uris: [ID], from: DAY, to: 2 * DAY }, /not yet valid|CERT_NOT_YET_VALID/],
  'that may sign certificates': [
    { uris: [ID], usage: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign },
    /its key usage has keyCertSign/,
  ],
  'that may sign lists of revoked ones': [
    { uris: [ID], usage: KeyUsageFlags.digitalSignature | KeyUsageFlags.cRLSign },
    /its key usage has cRLSign/,
  ],
  'without a key usage': [{ uris: [ID], usage: 'none' }, /it has no key usage/],
  'whose key usage is not critical': [{ uris: [ID], usageCritical: false }, /its key usage is not critical/],
  'that names a whole trust domain': [{ uris: ['spiffe://shop.test'] }, /has no path/],
  'with another scheme': [{ uris: ['https://shop.test/films'] }, /is not a SPIFFE ID/],
  'with capitals in its trust domain': [{ uris: ['spiffe://SHOP.test/films'] }, /has no valid trust domain/],
  'with a port': [{ uris: ['spiffe://shop.test:80/films'] }, /has no valid trust domain/],
  'with an empty path': [{ uris: ['spiffe://shop.test/'] }, /has no valid path/],
  'with dots for a path': [{ uris: ['spiffe://shop.test/films/../home'] }, /has no valid path/],
  'with a query': [{ uris: ['spiffe://shop.test/films?x=1'] }, /has no valid path/],
  'with a name that is too long': [{ uris: [LONG] }, /longer than 2048 bytes/],
};

/** What only one of the two extended usages is said of, by who looks. */
const usages = [
  [{ uris: [ID], extended: [ExtendedKeyUsage.serverAuth] }, /lacks clientAuth|unsuitable|INVALID_PURPOSE/],
  [{ uris: [ID], extended: [ExtendedKeyUsage.clientAuth] }, /lacks serverAuth|unsuitable|INVALID_PURPOSE/],
] as const;

describe('a certificate', () => {
  let root: Authority;
  let good: TlsCredentials;
  let peer: PeerCheck;
  before(async () => {
    root = await authority();
    good = await root.issue({ uris: [ID] });
    peer = spiffe({ trustDomain: 'shop.test' });
  });

  /** What the client says of a server that shows it. */
  const ofServer = async (shown: TlsCredentials, check = peer): Promise<string> => {
    const server = await listen(tls({ port: 0, credentials: shown }), () => of(payload('here')), { grace: 0 });
    const place = tls({ port: server.address.port, credentials: { ca: root.ca }, peer: check });
    const error = await failure(connect(place));
    await over(server.close());
    expect(error).to.include({ tag: 'Unavailable', code: 'MILLRACE_TLS' });
    return error.message;
  };
  /** What a server says to a client that shows it. */
  const toClient = async (shown: TlsCredentials, check = peer): Promise<string> => {
    let calls = 0;
    const server = await listen(
      tls({ port: 0, credentials: good, peer: check }),
      () => {
        calls += 1;
        return of(payload('here'));
      },
      { grace: 0 },
    );
    const client = await connect(tls({ port: server.address.port, credentials: shown, peer }));
    const error = await failure(firstValueFrom(client.response(payload('x'))));
    await over(server.close());
    expect(calls).to.equal(0);
    expect(error).to.include({ tag: 'Rejected', retry: 'elsewhere' });
    return error.message;
  };

  it('that is good is taken on both sides', async () => {
    const server = await listen(tls({ port: 0, credentials: good, peer }), () => of(payload('here')), { grace: 0 });
    const client = await connect(tls({ port: server.address.port, credentials: good, peer }));
    await firstValueFrom(client.response(payload('x')));
    await over(client.close());
    await over(server.close());
  });

  for (const [what, [leaf, why]] of Object.entries(bad)) {
    it(`${what} is refused on both sides`, async () => {
      const shown = await root.issue(leaf);
      expect(await ofServer(shown)).to.match(why);
      expect(await toClient(shown)).to.match(why);
    });
  }

  for (const [leaf, why] of usages) {
    it(`with no more than ${leaf.extended[0] === ExtendedKeyUsage.serverAuth ? 'serverAuth' : 'clientAuth'} is refused on both sides`, async () => {
      const shown = await root.issue(leaf);
      expect(await ofServer(shown)).to.match(why);
      expect(await toClient(shown)).to.match(why);
    });
  }

  it('of an authority that is not trusted, and one that vouches for itself, is refused on both sides', async () => {
    const other = await authority('Somebody else');
    const foreign = { ...(await other.issue({ uris: [ID] })), ca: root.ca };
    expect(await ofServer(foreign)).to.match(/unable to verify the first certificate|unable to get local issuer/);
    expect(await toClient(foreign)).to.match(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/);
    const own = { ...(await selfSigned({ uris: [ID] })), ca: root.ca };
    expect(await ofServer(own)).to.match(/self-signed certificate/);
    expect(await toClient(own)).to.match(/DEPTH_ZERO_SELF_SIGNED_CERT/);
  });

  it('is not taken for an identity where nobody says who vouches for them', async () => {
    const server = await listen(tls({ port: 0, credentials: good }), () => of(payload('here')), { grace: 0 });
    const { message } = await failure(connect(tls({ port: server.address.port, peer })));
    await over(server.close());
    expect(message).to.match(/a check of peers needs the roots that vouch for them, ca/);
  });

  it('of somebody who may not be here is refused on both sides', async () => {
    const shown = await root.issue({ uris: ['spiffe://shop.test/home'] });
    const only = spiffe({ trustDomain: 'shop.test', allow: [ID] });
    expect(await ofServer(shown, only)).to.match(/home is not one of those that may be here/);
    expect(await toClient(shown, only)).to.match(/home is not one of those that may be here/);
  });

  it('with a check of one’s own is whom that says', async () => {
    const check: PeerCheck = {
      prepare: () => Promise.resolve((certificate) => `${certificate.length > 100 ? 'somebody' : 'nobody'}`),
    };
    const server = await listen(tls({ port: 0, credentials: good }), () => of(payload('here')), { grace: 0 });
    const client = await connect(tls({ port: server.address.port, credentials: { ca: root.ca }, peer: check }));
    expect(client.remote.identity).to.equal('somebody');
    await over(client.close());
    await over(server.close());
  });
});

describe('TLS settings', () => {
  it('that make no sense are refused at once', async () => {
    const root = await authority();
    const good = await root.issue({ uris: [ID] });
    const other = await root.issue({ uris: [ID] });
    const refused = async (settings: Parameters<typeof tls>[0]) =>
      (await failure(listen(tls({ port: 0, ...settings }), () => of(payload('x'))))).message;
    expect(await refused({})).to.match(/a server of TLS needs credentials/);
    expect(await refused({ credentials: { ca: root.ca } })).to.match(/needs a certificate/);
    expect(await refused({ credentials: { cert: good.cert } })).to.match(/one is missing/);
    expect(await refused({ credentials: { ...good, key: other.key } })).to.match(/the private key isn't the cert/);
    expect(await refused({ credentials: { ...good, cert: 'x' } })).to.match(/no certificate in PEM/);
    expect(await refused({ credentials: { ...good, key: 'x' } })).to.match(/the private key can't be read/);
    expect(await refused({ credentials: { ...good, ca: 'x' } })).to.match(/ca: that is no certificate in PEM/);
    const glued = root.ca + root.ca;
    expect(await refused({ credentials: { ...good, ca: glued } })).to.match(/ca: a line break is missing between two/);
    expect(await refused({ credentials: { cert: good.cert, key: good.key }, mutual: true })).to.match(
      /needs the roots/,
    );
    expect(await refused({ credentials: of() })).to.match(/the source of the credentials has none/);
    expect((await thrown(() => spiffe({ trustDomain: 'Shop.test' }))).message).to.match(/is no trust domain/);
  });
});
