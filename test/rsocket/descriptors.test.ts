import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { expect } from 'chai';
import { MeshError } from 'millrace';
import { connect, payload, routing, tcp, text, websocket } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { type Child, startChild } from '../child.js';
import { type RawTransport, rawTransports } from './raw-peer.js';

async function called(transport: RawTransport, port: number): Promise<string> {
  const connection = await connect(transport === 'tcp' ? tcp({ port }) : websocket({ port }));
  const answer = await firstValueFrom(connection.response(payload('still here', routing('echo'))));
  await lastValueFrom(connection.close(), { defaultValue: undefined });
  return text(answer);
}

describe('a server that is out of file descriptors', function () {
  this.timeout(30_000);
  let child: Child | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  for (const transport of rawTransports) {
    it(`refuses, lives, and serves again when there are some, over ${transport}`, async () => {
      child = startChild('test/interop/main.js', ['--tcp', '0', '--ws', '0'], {}, 'ulimit -n 250');
      const [, byTcp, byWebSocket] = await child.line(/^interop ready tcp=(\d+) ws=(\d+)$/);
      const port = Number(transport === 'tcp' ? byTcp : byWebSocket);
      const sockets: Socket[] = [];
      let refused = 0;
      while (refused < 20) {
        const socket = connectTcp(port, '127.0.0.1');
        socket.on('error', () => undefined).on('close', () => (refused += 1));
        sockets.push(socket);
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      }
      for (const socket of sockets) socket.destroy();

      // It has descriptors again when it has heard of each socket's end, which nothing here can see: who is refused
      // until then tries again.
      for (;;) {
        try {
          expect(await called(transport, port)).to.equal('still here');
          break;
        } catch (error) {
          expect(error).to.be.instanceOf(MeshError);
        }
      }
      child.kill('SIGTERM');
      expect(await child.ended, child.errors()).to.equal(0);
    });
  }
});
