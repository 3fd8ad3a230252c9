import { expect } from 'chai';
import * as fc from 'fast-check';
import { connect, Flag, FrameType, listen, memory, type Payload, payload } from 'millrace/rsocket';
import { firstValueFrom, from } from 'rxjs';
import { chopped } from './chopped.js';
import { gather } from './reader.js';
import { over } from './scene.js';
import { serving } from './serving.js';
import { tapped } from './tap.js';

const bytes = (most: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.integer({ min: 0, max: most }).map(patterned));
const item: fc.Arbitrary<Payload> = fc
  .tuple(bytes(6000), fc.option(bytes(3000), { nil: undefined }))
  .map(([data, metadata]) => payload(data, metadata));
const fragment = fc.oneof(fc.integer({ min: 64, max: 90 }), fc.integer({ min: 64, max: 5000 }));
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });

describe('payloads of any size in fragments of any size', () => {
  it('arrive as they were sent, in every model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 5 }), fragment, fragment, sizes, roundTrip),
      { numRuns: 150 },
    );
  }).timeout(60_000);
});

async function roundTrip(items: readonly Payload[], there: number, back: number, pieces: readonly number[]) {
  const transport = memory();
  const server = await listen(transport, serving({ stream: () => from(items), channel: (requests) => requests }), {
    fragment: back,
  });
  const tap = tapped(chopped(transport, pieces));
  const client = await connect(tap.transport, { fragment: there });
  for (const each of items) expect(plain(await firstValueFrom(client.response(each)))).to.deep.equal(plain(each));
  expect((await gather(client.stream(payload('')))).map(plain)).to.deep.equal(items.map(plain));
  expect((await gather(client.channel(items))).map(plain)).to.deep.equal(items.map(plain));
  await over(client.close());
  await over(server.close());
  expect(tap.overruns).to.deep.equal([]);
  const long = tap.frames.filter(({ from, id, type, flags, length }) => {
    const whole = type === FrameType.PAYLOAD && (flags & Flag.NEXT) === 0;
    return id > 0 && !whole && length > (from === 'client' ? there : back);
  });
  expect(long, 'frames longer than a fragment').to.deep.equal([]);
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
}

function plain({ data, metadata }: Payload): string {
  return `${Buffer.from(data).toString('hex')} ${metadata === undefined ? 'none' : Buffer.from(metadata).toString('hex')}`;
}
