/** Fire-and-forget. */
import { expect } from 'chai';
import { meshError } from 'millrace';
import { payload, text } from 'millrace/rsocket';
import { EMPTY, NEVER, throwError } from 'rxjs';
import { createTally } from '../rsocket/tally.js';
import { over, settled, type Stage } from './scene.js';
import { serving } from './serving.js';

export function notifySuite({ open }: Stage): void {
  it('reaches the handler once, with data and metadata', async () => {
    const got: string[] = [];
    const tally = createTally();
    const { client } = await open(
      serving({
        notify({ data, metadata }) {
          got.push(`${text(data)} ${text(metadata)}`);
          tally.add('got');
          return EMPTY;
        },
      }),
    );
    await over(client.notify(payload('data', 'metadata'.repeat(20))));
    await tally.reached('got');
    await settled(client);
    expect(got).to.deep.equal([`data ${'metadata'.repeat(20)}`]);
  });

  it('does nothing before it is subscribed, and it again when subscribed again', async () => {
    const tally = createTally();
    const { client } = await open(serving({ notify: () => (tally.add('got'), EMPTY) }));
    const notify = client.notify(payload('x'));
    await settled(client);
    expect(tally.count('got')).to.equal(0);
    await over(notify);
    await over(notify);
    await settled(client);
    expect(tally.count('got')).to.equal(2);
  });

  it('keeps 10,000 in their order', async () => {
    const got: number[] = [];
    const tally = createTally();
    const { client } = await open(
      serving({
        notify({ data }) {
          got.push(Number(text(data)));
          tally.add('got');
          return EMPTY;
        },
      }),
    );
    for (let index = 0; index < 10_000; index++) await over(client.notify(payload(String(index))));
    await tally.reached('got', 10_000);
    expect(got.findIndex((value, index) => value !== index)).to.equal(-1);
  });

  it('tells nobody of an error, and goes on after it', async () => {
    const tally = createTally();
    const { client } = await open(
      serving({
        notify({ data }) {
          tally.add('got');
          if (text(data) === 'throw') throw new Error('thrown by a handler');
          return throwError(() => meshError('Denied', 'an answer that nobody hears'));
        },
      }),
    );
    await over(client.notify(payload('throw')));
    await over(client.notify(payload('fail')));
    await tally.reached('got', 2);
    await settled(client);
  });

  it('completes while its handler is still at work', async () => {
    const tally = createTally();
    const { client } = await open(serving({ notify: () => (tally.add('got'), NEVER) }));
    await over(client.notify(payload('x')));
    await tally.reached('got');
  });
}
