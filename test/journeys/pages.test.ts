import { expect } from 'chai';
import { type Program, processes } from './processes.js';

/** Items that a hop may hold of a slow reader's stream, as the param `rsocket.window` says, and one in its hands. */
const HOP = 255 + 1;
const HOPS = 3;

describe('a slow reader of ten million items, four processes from their source', function () {
  this.timeout(60_000);
  const { start } = processes();

  it('finds no more made than a window a hop, and every item in its order; its end is heard at the source', async () => {
    const source = await start('station', ['c', '0']);
    const middle = await start('station', ['b', '0', 'c', source.address]);
    const edge = await start('station', ['a', '0', 'b', middle.address]);
    const reader = await start('reader', ['a', edge.address]);
    const seen: string[] = [];
    for (let count = 0; count < 8; count++) {
      const { read = 0, made = 0, wrong } = await reader.says('read');
      expect(wrong).to.equal(0);
      expect(made - read).to.be.within(0, HOP * HOPS);
      seen.push(`${read}/${made}`);
    }
    console.log(`    read/made: ${seen.join(' ')}`);
    reader.kill('SIGTERM');
    expect(await reader.ended, reader.errors()).to.equal(0);
    await source.says('left page');
    for (const program of [edge, middle, source] satisfies Program[]) {
      program.kill('SIGTERM');
      expect(await program.ended, program.errors()).to.equal(0);
    }
  });
});
