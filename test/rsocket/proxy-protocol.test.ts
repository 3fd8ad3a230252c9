import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { listen, payload, type Server, tcp, tls, websocket } from 'millrace/rsocket';
import { of } from 'rxjs';
import { WebSocket } from 'ws';
import { thrown } from '../app/applications.js';
import { over } from '../conformance/scene.js';
import { type Authority, authority } from '../tls/authority.js';
import { frameCutter, prefixed, readFrame, responseFrame, setupFrame } from './raw-frame.js';

const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

/** A header of version 2: what is behind the signature, and the length of the rest. */
function binary(command: number, family: number, rest: readonly number[]): Buffer {
  const length = Buffer.from([rest.length >>> 8, rest.length & 0xff]);
  return Buffer.concat([SIGNATURE, Buffer.from([0x20 | command, family]), length, Buffer.from(rest)]);
}

const PORTS = [0xc0, 0x00, 0x01, 0xbb];
const V6 = [0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 1];

/** Headers, and whose connection the server takes it for. */
const good: Readonly<Record<string, readonly [Buffer, string | undefined]>> = {
  'version 1 for IPv4': [Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 49152 443\r\n'), '192.0.2.7:49152'],
  'version 1 for IPv6': [Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 49152 443\r\n'), '[2001:db8::1]:49152'],
  'version 1 for who knows': [Buffer.from('PROXY UNKNOWN ffff::1 whatever 1 2\r\n'), undefined],
  'version 2 for IPv4': [binary(1, 0x11, [192, 0, 2, 7, 192, 0, 2, 1, ...PORTS]), '192.0.2.7:49152'],
  'version 2 for IPv6': [binary(1, 0x21, [...V6, ...V6, ...PORTS]), '[2001:db8::1]:49152'],
  'version 2 with extensions': [
    binary(1, 0x11, [192, 0, 2, 7, 192, 0, 2, 1, ...PORTS, 0x04, 0, 1, 0xff]),
    '192.0.2.7:49152',
  ],
  'version 2 for the proxy itself': [binary(0, 0, []), undefined],
  'version 2 for a Unix socket': [
    binary(
      1,
      0x31,
      Array.from({ length: 216 }, () => 1),
    ),
    undefined,
  ],
};

const bad: Readonly<Record<string, Buffer>> = {
  none: prefixed(setupFrame()),
  'another version': Buffer.concat([SIGNATURE, Buffer.from([0x31, 0x11, 0, 0])]),
  'an unknown command': binary(2, 0x11, [192, 0, 2, 7, 192, 0, 2, 1, ...PORTS]),
  'too few bytes for its addresses': binary(1, 0x11, [192, 0, 2, 7]),
  'more bytes than anyone needs': Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0xff, 0xff])]),
  'a line without an end': Buffer.from(`PROXY TCP4 ${'1'.repeat(120)}`),
  'a line with too little': Buffer.from('PROXY TCP4 192.0.2.7\r\n'),
  'a line with too much': Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 49152 443 7\r\n'),
  'a line with a port too high': Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 65536 443\r\n'),
  'a line with no address': Buffer.from('PROXY TCP4 home away 49152 443\r\n'),
  'a line with half an address': Buffer.from('PROXY TCP4 999.0.2.7 192.0.2.1 49152 443\r\n'),
  'a line that ends otherwise': Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 49152 443\n'),
};

describe('behind a proxy that says whose connection it passes on', () => {
  let server: Server;
  let who: string | undefined;
  const accept = (_setup: unknown, { remote }: { readonly remote: { readonly address?: string } }): void =>
    void (who = remote.address);
  const answer = () => of(payload('here'));
  beforeEach(() => (who = undefined));
  afterEach(() => over(server.close()));

  const served = async (proxies: readonly string[]): Promise<Socket> => {
    // So short that a header in the place of a frame is too long for one.
    server = await listen(tcp({ port: 0, proxies }), answer, { accept, grace: 0, limits: { frame: '1 MiB' } });
    const socket = connectTcp(server.address.port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const answered = async (socket: Socket): Promise<string> => {
    const frame = new Promise<Buffer>((resolve) => socket.on('data', frameCutter(resolve)));
    return readFrame(await frame).name;
  };
  const setup = Buffer.concat([prefixed(setupFrame()), prefixed(responseFrame(1, 'x'))]);

  for (const [what, [header, source]] of Object.entries(good)) {
    it(`a header of ${what} is taken, whole and byte by byte`, async () => {
      const socket = await served(['127.0.0.0/8']);
      socket.write(Buffer.concat([header, setup]));
      expect(await answered(socket)).to.equal('PAYLOAD');
      expect(who).to.equal(source ?? `127.0.0.1:${socket.localPort}`);
      const slow = connectTcp({ port: server.address.port, host: '127.0.0.1', noDelay: true });
      await once(slow, 'connect');
      for (const byte of header) await new Promise((done) => slow.write(Buffer.from([byte]), done));
      slow.write(setup);
      expect(await answered(slow)).to.equal('PAYLOAD');
      expect(who).to.equal(source ?? `127.0.0.1:${slow.localPort}`);
      slow.destroy();
      socket.destroy();
    });
  }

  for (const [what, header] of Object.entries(bad)) {
    it(`${what} ends the connection, and no other`, async () => {
      const socket = await served(['127.0.0.1']);
      const other = connectTcp(server.address.port, '127.0.0.1');
      other.write(Buffer.concat([Buffer.from('PROXY UNKNOWN\r\n'), setup]));
      socket.on('error', () => undefined);
      socket.write(header);
      await once(socket, 'close');
      expect(await answered(other)).to.equal('PAYLOAD');
      other.destroy();
    });
  }

  it('is not believed from elsewhere', async () => {
    const socket = await served(['192.0.2.0/24']);
    socket.write(setup);
    expect(await answered(socket)).to.equal('PAYLOAD');
    expect(who).to.equal(`127.0.0.1:${socket.localPort}`);
    const liar = connectTcp(server.address.port, '127.0.0.1');
    liar.on('error', () => undefined);
    liar.write(Buffer.concat([Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 49152 443\r\n'), setup]));
    await once(liar.resume(), 'close');
    socket.destroy();
  });

  it('stands before TLS', async () => {
    const root: Authority = await authority();
    const credentials = await root.issue({ dns: ['films.test'] });
    server = await listen(tls({ port: 0, credentials, proxies: ['127.0.0.1'] }), answer, { accept, grace: 0 });
    const raw = connectTcp(server.address.port, '127.0.0.1');
    raw.write('PROXY TCP4 192.0.2.7 192.0.2.1 49152 443\r\n');
    const secure = connectTls({ socket: raw, ca: root.ca, servername: 'films.test' });
    await once(secure, 'secureConnect');
    secure.write(setup);
    expect(await answered(secure)).to.equal('PAYLOAD');
    expect(who).to.equal('192.0.2.7:49152');
    secure.destroy();
  });

  it('stands before WebSocket', async () => {
    server = await listen(websocket({ port: 0, proxies: ['127.0.0.1'] }), answer, { accept, grace: 0 });
    const url = `ws://127.0.0.1:${server.address.port}`;
    const socket = new WebSocket(url, {
      createConnection() {
        const raw = connectTcp(server.address.port, '127.0.0.1');
        raw.write('PROXY TCP4 192.0.2.7 192.0.2.1 49152 443\r\n');
        return raw;
      },
    } as object);
    await once(socket, 'open');
    socket.send(setupFrame());
    socket.send(responseFrame(1, 'x'));
    const [frame] = (await once(socket, 'message')) as [Buffer];
    expect(readFrame(frame).name).to.equal('PAYLOAD');
    expect(who).to.equal('192.0.2.7:49152');
    socket.terminate();
  });

  it('refuses what is no address', async () => {
    server = await listen(tcp({ port: 0 }), answer);
    for (const wrong of ['home', '10.0.0.0/8/8', '10.0.0.0/99', '10.0.0.0/x', '']) {
      const { tag, message } = await thrown(() => tcp({ port: 1, proxies: [wrong] }));
      expect(tag).to.equal('Invalid');
      expect(message).to.contain(`'${wrong}' is neither an address nor a range`);
    }
  });
});
