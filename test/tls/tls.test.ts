import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { addresses, contract, mesh, response, unchecked } from 'millrace';
import {
  type Connection,
  connect,
  listen,
  type ListenOptions,
  payload,
  type Server,
  spiffe,
  text,
  tls,
  type TlsCredentials,
  type TlsSettings,
  type Transport,
  websocket,
} from 'millrace/rsocket';
import { BehaviorSubject, firstValueFrom, of } from 'rxjs';
import { applications, failure } from '../app/applications.js';
import { over } from '../conformance/scene.js';
import { dialRaw, setUpRaw } from '../limits/raw-client.js';
import {
  type ErrorFrame,
  type OtherFrame,
  type PayloadFrame,
  responseFrame,
  resumeFrame,
} from '../rsocket/raw-frame.js';
import { type Authority, authority, serialOf } from './authority.js';

/** Places of TLS by TCP and by WebSocket. */
const kinds = {
  TLS: (settings: TlsSettings, port = 0, host = '127.0.0.1') => tls({ host, port, ...settings }),
  'WebSocket over TLS': (settings: TlsSettings, port = 0, host = '127.0.0.1') =>
    websocket({ host, port, tls: settings }),
};

for (const [kind, place] of Object.entries(kinds)) {
  describe(kind, () => {
    let root: Authority;
    let server: Server;
    let client: Connection | undefined;
    before(async () => (root = await authority()));
    afterEach(async () => {
      if (client !== undefined) await over(client.close());
      await over(server.close());
      client = undefined;
    });

    /** Answers who the other side is. */
    const serve = async (settings: TlsSettings, options: ListenOptions = {}): Promise<number> => {
      let who = '';
      server = await listen(place(settings), () => of(payload(who)), {
        grace: 0,
        accept: (_setup, { remote }) => void (who = remote.identity ?? 'nobody'),
        ...options,
      });
      return server.address.port;
    };
    const answer = async (settings: TlsSettings, port: number, host?: string): Promise<string> => {
      client = await connect(place(settings, port, host));
      return text(await firstValueFrom(client.response(payload('x'))));
    };

    it('carries calls to a server whose certificate has its address, or the name that is asked for', async () => {
      const port = await serve({ credentials: await root.issue({ addresses: ['127.0.0.1'], dns: ['films.test'] }) });
      expect(await answer({ credentials: { ca: root.ca } }, port)).to.equal('nobody');
      await over((client as Connection).close());
      expect(await answer({ credentials: { ca: root.ca }, serverName: 'films.test' }, port)).to.equal('nobody');
    });

    it('refuses a server of another name, and one of an authority that nobody trusts', async () => {
      const port = await serve({ credentials: await root.issue({ dns: ['films.test'] }) });
      const wrong = await failure(connect(place({ credentials: { ca: root.ca } }, port)));
      expect(wrong).to.include({ tag: 'Unavailable', code: 'MILLRACE_TLS' });
      expect(wrong.message).to.match(/127\.0\.0\.1.*IP: 127\.0\.0\.1 is not in the cert's list/);
      const unknown = await failure(connect(place({ serverName: 'films.test' }, port)));
      expect(unknown).to.include({ tag: 'Unavailable', code: 'MILLRACE_TLS' });
      expect(unknown.message).to.match(/self-signed certificate in certificate chain/);
    });

    it('tells a client without a certificate that it needs one', async () => {
      const port = await serve({ credentials: await root.issue({ addresses: ['127.0.0.1'] }), mutual: true });
      client = await connect(place({ credentials: { ca: root.ca } }, port));
      const error = await failure(firstValueFrom(client.response(payload('x'))));
      expect(error.message).to.match(/a certificate is needed, and none was shown/);
    });

    it('says who each side is, by SPIFFE', async () => {
      const peer = spiffe({ trustDomain: 'shop.test' });
      const port = await serve({ credentials: await root.issue({ uris: ['spiffe://shop.test/films'] }), peer });
      const credentials = await root.issue({ uris: ['spiffe://shop.test/home'] });
      expect(await answer({ credentials, peer }, port)).to.equal('spiffe://shop.test/home');
      expect(client?.remote.identity).to.equal('spiffe://shop.test/films');
      expect(client?.remote.address).to.equal(`127.0.0.1:${port}`);
    });

    it('shows the certificate of the name that is asked for', async () => {
      const credentials = await root.issue({ dns: ['other.test'] });
      const films = await root.issue({ dns: ['films.test'] });
      const any = await root.issue({ dns: ['*.shop.test'] });
      const port = await serve({ credentials, names: { 'films.test': films, '*.shop.test': any } });
      const shown = async (serverName: string): Promise<string> => {
        client = await connect(place({ credentials: { ca: root.ca }, serverName }, port));
        const { certificate = new Uint8Array(0) } = client.remote;
        await over(client.close());
        return serialOf(certificate);
      };
      expect(await shown('films.test')).to.equal(serialOf(films.cert));
      expect(await shown('FILMS.test')).to.equal(serialOf(films.cert));
      expect(await shown('home.shop.test')).to.equal(serialOf(any.cert));
      expect(await shown('other.test')).to.equal(serialOf(credentials.cert));
    });

    it('shows new credentials to those who come, and drops nobody', async () => {
      const first = await root.issue({ addresses: ['127.0.0.1'] });
      const second = await root.issue({ addresses: ['127.0.0.1'] });
      const source = new BehaviorSubject<TlsCredentials>(first);
      const port = await serve({ credentials: source });
      client = await connect(place({ credentials: { ca: root.ca } }, port));
      const settings = { credentials: { ca: root.ca } };
      source.next(second);
      const later = await connect(place(settings, port));
      expect(serialOf(later.remote.certificate as Uint8Array)).to.equal(serialOf(second.cert));
      expect(serialOf(client.remote.certificate as Uint8Array)).to.equal(serialOf(first.cert));
      expect(text(await firstValueFrom(client.response(payload('x'))))).to.equal('nobody');
      await over(later.close());
      expect(source.observed).to.equal(true);
      await over(server.close());
      expect(source.observed).to.equal(false);
    });

    it('speaks TLS 1.3 only, and 1.2 if it is told to, and RSocket only', async () => {
      const credentials = await root.issue({ dns: ['films.test'] });
      const port = await serve({ credentials });
      const greet = async (options: object): Promise<string> => {
        const socket = connectTls({ port: server.address.port, ca: root.ca, servername: 'films.test', ...options });
        const [error] = (await Promise.race([once(socket, 'secureConnect'), once(socket, 'error')]).catch((e) => [
          e,
        ])) as [(Error & { code?: string }) | undefined];
        const said = error?.code ?? `${socket.getProtocol()} ${String(socket.alpnProtocol)}`;
        socket.destroy();
        return said;
      };
      expect(port).to.be.greaterThan(0);
      expect(await greet({ maxVersion: 'TLSv1.2' })).to.match(/PROTOCOL_VERSION/);
      expect(await greet({})).to.equal('TLSv1.3 false');
      expect(await greet({ ALPNProtocols: ['h2'] })).to.match(/NO_APPLICATION_PROTOCOL/);
      await over(server.close());
      await serve({ credentials, oldest: 'TLSv1.2' });
      expect(await greet({ maxVersion: 'TLSv1.2' })).to.equal('TLSv1.2 false');
      expect(await greet({ maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).to.match(/HANDSHAKE_FAILURE/);
    });

    it('goes on over a new connection only for whom it was', async () => {
      const peer = spiffe({ trustDomain: 'shop.test' });
      const settings = { credentials: await root.issue({ uris: ['spiffe://shop.test/films'] }), peer };
      const port = await serve(settings, { resume: true });
      const as = async (name: string) =>
        place({ credentials: await root.issue({ uris: [`spiffe://shop.test/${name}`] }), peer }, port);
      const first = await setUpRaw(await as('home'), { token: 'secret' });
      first.send(responseFrame(1, 'a'));
      await first.expectFrame((frame): frame is PayloadFrame => frame.name === 'PAYLOAD', 'an answer');
      first.close();
      expect(await resumed(await as('thief'))).to.equal('there is no such session');
      expect(await resumed(await as('home'))).to.equal('resumed');
    });
  });
}

/** What a server says to who comes with the token `secret`. */
async function resumed(transport: Transport): Promise<string> {
  const client = await dialRaw(transport);
  client.send(resumeFrame('secret'));
  const { name, ...frame } = await client.expectFrame(
    (each): each is ErrorFrame | OtherFrame<'RESUME_OK'> => each.name === 'ERROR' || each.name === 'RESUME_OK',
    'an answer to RESUME',
  );
  client.close();
  return name === 'ERROR' && 'message' in frame ? frame.message : 'resumed';
}

describe('a client that says nothing, or what is no TLS,', function () {
  this.timeout(30_000);

  for (const [kind, place] of Object.entries(kinds)) {
    it(`is left by ${kind} in its time, and others are served`, async () => {
      const root = await authority();
      const credentials = await root.issue({ addresses: ['127.0.0.1'] });
      const server = await listen(place({ credentials }), () => of(payload('here')), { grace: 0 });
      const { port } = server.address;
      const [silent, halfway, wrong] = ['', '\x16\x03\x01\x02', 'GET / HTTP/1.1\r\n\r\n'].map((said) => {
        const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
        socket.write(said);
        return once(socket.resume(), 'close');
      });
      await wrong;
      const client = await connect(place({ credentials: { ca: root.ca } }, port));
      expect(text(await firstValueFrom(client.response(payload('x'))))).to.equal('here');
      await Promise.all([silent, halfway]);
      await over(client.close());
      await over(server.close());
    });
  }
});

describe('TLS in an application', () => {
  const start = applications();

  it('is a wire with an address for its callers', async () => {
    const root = await authority();
    const peer = spiffe({ trustDomain: 'shop.test' });
    const settings = async (name: string) => ({
      credentials: await root.issue({ uris: [`spiffe://shop.test/${name}`] }),
      peer,
    });
    const Films = contract('films', { title: response(unchecked<number>(), unchecked<string>()) });
    const films = await start(
      mesh()
        .serve(Films, { title: (id) => of(`film ${id}`) })
        .over(tls({ port: 0, ...(await settings('films')) }), websocket({ port: 0, tls: await settings('films') })),
    );
    expect(films.addresses.map((each) => each.replace(/\d+\/?$/, ''))).to.deep.equal([
      'tls://127.0.0.1:',
      'wss://127.0.0.1:',
    ]);
    for (const address of films.addresses) {
      const mine = await settings('home');
      const home = await start(
        mesh()
          .over(tls(mine), websocket({ tls: mine }))
          .in(addresses(address)),
      );
      expect(await firstValueFrom(home.client(Films).title(3))).to.equal('film 3');
    }
  });
});
