/** Payloads of a mebibyte, and of more than a frame can hold. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type Payload, payload } from 'millrace/rsocket';
import { defer, EMPTY, firstValueFrom, of } from 'rxjs';
import { createTally } from '../rsocket/tally.js';
import { gather } from './reader.js';
import { over, type Stage } from './scene.js';
import { serving } from './serving.js';

const MIB = 2 ** 20;

export function largeSuite({ open, wire }: Stage): void {
  it('of 1 MiB with 60 KiB of metadata go both ways in each model', async () => {
    const item = payload(bytesOfLength(MIB), bytesOfLength(60 * 1024));
    const want = digest(item);
    const tally = createTally();
    const { client } = await open(
      serving({
        notify: (request) => defer(() => (tally.add(digest(request)), EMPTY)),
        stream: (request) => of(request, request, request),
        channel: (requests) => requests,
      }),
    );
    expect(digest(await firstValueFrom(client.response(item)))).to.equal(want);
    expect((await gather(client.stream(item))).map(digest)).to.deep.equal([want, want, want]);
    expect((await gather(client.channel([item, item]))).map(digest)).to.deep.equal([want, want]);
    await over(client.notify(item));
    await tally.reached(want);
  }).timeout(20_000);

  it('of 20 MiB go both ways where the limits let them', async () => {
    const item = payload(bytesOfLength(20 * MIB), 'large');
    const { client, tap } = await open(serving(), {
      limits: { reassembly: '20 MiB' },
      ...(wire.fragment === undefined ? {} : { fragment: 16 * 1024 }),
    });
    expect(digest(await firstValueFrom(client.response(item)))).to.equal(digest(item));
    const fragments = wire.fragment === undefined ? 2 : Math.ceil((20 * MIB) / (16 * 1024));
    expect(tap.frames.filter(({ id }) => id === 1).length).to.be.at.least(2 * fragments);
  }).timeout(20_000);

  it('leave room for small ones beside them', async () => {
    const item = payload(bytesOfLength(MIB));
    const { client } = await open(serving());
    const large = Promise.all(Array.from({ length: 8 }, () => firstValueFrom(client.response(item))));
    const small = Array.from({ length: 100 }, (_, index) => firstValueFrom(client.response(payload(String(index)))));
    expect(await Promise.all(small)).to.have.length(100);
    expect((await large).map(digest)).to.deep.equal(Array.from({ length: 8 }, () => digest(item)));
  }).timeout(20_000);
}

function bytesOfLength(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >>> 8)) & 0xff;
  return bytes;
}

function digest({ data, metadata }: Payload): string {
  const hash = createHash('sha256').update(data);
  return `${data.length} ${metadata?.length} ${hash.update(metadata ?? '').digest('hex')}`;
}
