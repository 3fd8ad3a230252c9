import { expect } from 'chai';
import { type Link, memory } from 'millrace/rsocket';
import { channelFrame, Flag, payloadFrame, prefixed, requestNFrame, streamFrame } from '../rsocket/raw-frame.js';
import { chainCases, faultsOf } from './chain-cases.js';
import { tapped } from './tap.js';

describe('the tap', () => {
  const sides = async () => {
    const transport = memory();
    const links: Link[] = [];
    const bound = await transport.bind((link) => void links.push(link), { frame: 0xffffff, connections: 10 });
    const tap = tapped(transport);
    const near = await tap.transport.dial();
    await bound.close();
    const deaf = { bytes: () => undefined, frame: () => undefined, drain: () => undefined, closed: () => undefined };
    for (const link of [near, ...links]) link.start(deaf);
    const write = (link: Link | undefined, frames: readonly Uint8Array[]): void =>
      void link?.write(Buffer.concat(frames.map(prefixed)));
    return {
      tap,
      client: (...frames: readonly Uint8Array[]) => write(near, frames),
      server: (...frames: readonly Uint8Array[]) => write(links[0], frames),
      end: async () => {
        tap.cut();
        await tap.allClosed();
      },
    };
  };

  it('sees an item beyond demand from either side', async () => {
    const { tap, client, server, end } = await sides();
    client(streamFrame(1, 1, 'x'), requestNFrame(1, 1), channelFrame(3, 1, 'first'), payloadFrame(3, 'unasked'));
    server(payloadFrame(1, '1'), payloadFrame(1, '2'), payloadFrame(1, '3'), payloadFrame(3, 'x'.repeat(100)));
    await tap.seen(({ from, id }) => from === 'server' && id === 3);
    expect(tap.overruns).to.deep.equal([
      'the client sent an item on stream 3 that nobody had asked for',
      'the server sent an item on stream 1 that nobody had asked for',
    ]);
    await end();
  });

  it('counts an item in fragments once, and the fragments of a request not at all', async () => {
    const { tap, client, server, end } = await sides();
    client(
      streamFrame(1, 1, 'x', { flags: Flag.FOLLOWS }),
      payloadFrame(1, 'y', { flags: Flag.NEXT | Flag.FOLLOWS }),
      payloadFrame(1, 'z'),
    );
    server(payloadFrame(1, 'a', { flags: Flag.NEXT | Flag.FOLLOWS }), payloadFrame(1, 'b'));
    await tap.seen(({ from, flags }) => from === 'server' && (flags & Flag.FOLLOWS) === 0);
    expect([tap.frames.length, tap.overruns]).to.deep.equal([5, []]);
    await end();
  });
});

describe('the figures of a chain', () => {
  it('are refused when items or memory pile up', () => {
    const [chain] = chainCases('items of 1 kB', 1);
    if (chain === undefined) throw new Error('there are no chains');
    const flat = { made: 800, read: 100, before: [1, 1, 1, 1], after: [1, 1, 1, 1] };
    const swollen = { made: 1000, read: 90, before: [1, 1, 1, 1], after: [1, 2 ** 30, 1, 1] };
    expect(faultsOf(chain, flat)).to.deep.equal([]);
    expect(faultsOf(chain, swollen)).to.deep.equal([
      '90 items read of 100',
      '910 items made and not read, where 768 may be',
      `process 1 has gained ${2 ** 30 - 1} bytes`,
    ]);
  });
});
