/** Request/response. */
import { expect } from 'chai';
import { type Payload, payload, text } from 'millrace/rsocket';
import { EMPTY, firstValueFrom, map, NEVER, of, Subject, take, toArray } from 'rxjs';
import { createTally } from '../rsocket/tally.js';
import { numberItem, numberOf, numbers } from './reader.js';
import { type Stage, settled } from './scene.js';
import { serving } from './serving.js';

export function responseSuite({ open }: Stage): void {
  const shapes: Readonly<Record<string, Payload>> = {
    'data and metadata': payload('data', 'metadata'),
    'data alone': payload('data'),
    'metadata alone': payload('', 'metadata'),
    'no bytes at all': payload(''),
    'empty metadata, which is not no metadata': payload('data', ''),
    'metadata longer than a small fragment': payload('data', 'm'.repeat(1000)),
    'data longer than a small fragment': payload('d'.repeat(1000), 'm'),
    'text beyond ASCII': payload('žluťoučký kůň 🐎', '数据'),
  };
  for (const [name, item] of Object.entries(shapes)) {
    it(`carries ${name} there and back`, async () => {
      const { client } = await open(serving());
      expect(plain(await firstValueFrom(client.response(item)))).to.deep.equal(plain(item));
    });
  }

  it('carries all 256 values of a byte', async () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, index) => index & 0xff);
    const { client } = await open(serving());
    const answer = await firstValueFrom(client.response(payload(bytes, bytes)));
    expect(plain(answer)).to.deep.equal(plain(payload(bytes, bytes)));
  });

  it('answers 10,000 in a row', async () => {
    const { client } = await open(serving());
    for (let index = 0; index < 10_000; index++) {
      const answer = await firstValueFrom(client.response(payload(String(index))));
      if (text(answer.data) !== String(index)) expect.fail(`${text(answer.data)} instead of ${index}`);
    }
  }).timeout(20_000);

  it('has 256 open at once, and answers each its own', async () => {
    const tally = createTally();
    const go = new Subject<void>();
    const { client } = await open(
      serving({
        response: (request) => {
          tally.add('open');
          return go.pipe(
            take(1),
            map(() => request),
          );
        },
      }),
    );
    const answers = Array.from({ length: 256 }, (_, index) => firstValueFrom(client.response(numberItem(index))));
    await tally.reached('open', 256);
    go.next();
    expect((await Promise.all(answers)).map(numberOf)).to.deep.equal(Array.from({ length: 256 }, (_, index) => index));
  });

  it('may answer with nothing', async () => {
    const { client } = await open(serving({ response: () => EMPTY }));
    expect(await firstValueFrom(client.response(payload('x')).pipe(toArray()))).to.deep.equal([]);
  });

  it('does nothing before it is subscribed, and performs the call again when subscribed again', async () => {
    let calls = 0;
    const { client } = await open(serving({ response: () => of(payload(String(++calls))) }));
    const answer = client.response(payload('x'));
    expect(calls).to.equal(0);
    expect(text((await firstValueFrom(answer)).data)).to.equal('1');
    expect(text((await firstValueFrom(answer)).data)).to.equal('2');
  });

  it('takes the first of many items, and lets go of the source', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ response: () => items }));
    const answers = await firstValueFrom(client.response(payload('x')).pipe(toArray()));
    await tally.reached('closed');
    expect(answers.map(numberOf)).to.deep.equal([0]);
    expect(tally.count('made')).to.equal(1);
  });

  it('answers others while one hangs', async () => {
    const { client } = await open(
      serving({ response: (request) => (text(request.data) === 'hang' ? NEVER : of(request)) }),
    );
    const hanging = client.response(payload('hang')).subscribe();
    await settled(client);
    hanging.unsubscribe();
  });
}

function plain({ data, metadata }: Payload): unknown {
  return { data: [...data], metadata: metadata === undefined ? undefined : [...metadata] };
}
