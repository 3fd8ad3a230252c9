import { expect } from 'chai';
import { array, assert, constant, nat, oneof, property } from 'fast-check';
import { Queue } from 'millrace';

describe('a queue', () => {
  it('gives back what was put in, as an array would', () => {
    const step = oneof(constant('shift'), constant('pop'), constant('clear'), nat());
    assert(
      property(array(oneof({ weight: 5, arbitrary: nat() }, step), { maxLength: 300 }), (steps) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        for (const what of steps) {
          if (what === 'shift') expect(queue.shift()).to.equal(model.shift());
          else if (what === 'pop') expect(queue.pop()).to.equal(model.pop());
          else if (what === 'clear') {
            queue.clear();
            model.length = 0;
          } else {
            queue.push(what as number);
            model.push(what as number);
          }
          expect(queue.length).to.equal(model.length);
        }
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('keeps order over many items that come and go', () => {
    const queue = new Queue<number>();
    let [put, got] = [0, 0];
    for (let round = 0; round < 2000; round++) {
      for (let n = 0; n < 7; n++) queue.push(put++);
      for (let n = 0; n < 5; n++) expect(queue.shift()).to.equal(got++);
    }
    expect(queue.length).to.equal(put - got);
    while (queue.length > 0) expect(queue.shift()).to.equal(got++);
    expect(got).to.equal(put);
    expect(queue.shift()).to.equal(undefined);
  });

  it('lets what has left be collected', async () => {
    const queue = new Queue<object>();
    const refs = [1, 2, 3].map((n) => pushed(queue, { n }));
    queue.shift();
    queue.pop();
    const { collectGarbage } = await collector();
    await collectGarbage();
    expect(refs.map((ref) => ref.deref() !== undefined)).to.deep.equal([false, true, false]);
    expect(queue.length).to.equal(1);
  });
});

function pushed<T extends object>(queue: Queue<T>, item: T): WeakRef<T> {
  queue.push(item);
  return new WeakRef(item);
}

async function collector(): Promise<{ collectGarbage(): Promise<void> }> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return {
    async collectGarbage() {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    },
  };
}
