/** The arrow from a transport to an endpoint, `rsocket()(transport)`. */
import { expect } from 'chai';
import { type Call, callOf } from 'millrace';
import { listen, payload, rsocket, type Server, text, type WireRequest } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { disorder, errorOf, gather, numbers } from './reader.js';
import { over, type Stage } from './scene.js';
import { serving } from './serving.js';
import { type Tap, tapped } from './tap.js';

export function arrowSuite({ wire, after }: Stage): void {
  it('dials at the first call, once for all that wait', async () => {
    const { endpoint, tap } = await serve();
    expect(tap.dials).to.equal(0);
    const answers = Array.from({ length: 50 }, (_, index) => firstValueFrom(endpoint.call(ask(String(index)))));
    expect((await Promise.all(answers)).map(({ data }) => text(data))).to.deep.equal(
      Array.from({ length: 50 }, (_, index) => String(index)),
    );
    expect(tap.dials).to.equal(1);
  });

  it('passes the demand of a stream on', async () => {
    const { endpoint } = await serve();
    const stream = endpoint.call(callOf<WireRequest>({ interaction: 'stream', request: payload('') }));
    expect(disorder(await gather(stream), 1000)).to.equal(undefined);
  });

  it('dials again at the first call after the connection has ended', async () => {
    const { endpoint, tap } = await serve();
    await firstValueFrom(endpoint.call(ask('1')));
    tap.cut();
    await tap.allClosed();
    expect(tap.dials).to.equal(1);
    expect(text((await firstValueFrom(endpoint.call(ask('2')))).data)).to.equal('2');
    expect(tap.dials).to.equal(2);
  });

  it('fails with Unavailable where nobody listens, and tries again at the next call', async () => {
    const { endpoint, server, tap } = await serve();
    await over(server.close());
    for (const _ of [1, 2]) expect((await errorOf(endpoint.call(ask('x')))).tag).to.equal('Unavailable');
    expect(tap.dials).to.equal(0);
  });

  it('is closed for good', async () => {
    const { endpoint, tap } = await serve();
    await firstValueFrom(endpoint.call(ask('1')));
    const seen = lastValueFrom(endpoint.availability.pipe(toArray()));
    await over(endpoint.close());
    expect((await errorOf(endpoint.call(ask('2')))).tag).to.equal('Unavailable');
    expect(await seen).to.deep.equal([1, 0]);
    expect(tap.dials).to.equal(1);
  });

  it('that was never used is closed without dialling', async () => {
    const { endpoint, tap } = await serve();
    await over(endpoint.close());
    expect(tap.dials).to.equal(0);
  });

  async function serve() {
    const place = wire.place();
    const server: Server = await listen(place.listen, serving({ stream: () => numbers(1000).items }));
    const tap: Tap = tapped(place.dial(server.address));
    const endpoint = rsocket()(tap.transport);
    after(async () => {
      await over(endpoint.close());
      await over(server.close());
      await tap.allClosed();
      expect(tap.overruns).to.deep.equal([]);
    });
    return { endpoint, server, tap };
  }
}

function ask(words: string): Call<WireRequest> {
  return callOf<WireRequest>({ interaction: 'response', request: payload(words) });
}
