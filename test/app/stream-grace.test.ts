import { expect } from 'chai';
import { addresses, iterate, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { catchError, concat, firstValueFrom, NEVER, of, Subject } from 'rxjs';
import { applications } from './applications.js';
import { Ratings } from './contracts.js';

describe('an application that stops with streams open', () => {
  const start = applications();

  it('ends streams earlier where that is said, so that who reads them asks another, and lets calls go on', async () => {
    const gate = new Subject<number>();
    const clock = virtualClock();
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((done) => (asked = done));
    const served = (answer: number) =>
      mesh()
        .serve(Ratings, { of: () => (asked(), gate), all: () => concat(of(answer), NEVER) })
        .over(tcp({ port: 0 }))
        .on(clock)
        .configure({ 'app.grace': '20 s', 'app.stream-grace': '2 s' });
    const [first, second] = [await start(served(1)), await start(served(2))];
    const caller = await start(
      mesh()
        .over(tcp())
        .in(addresses(...first.addresses)),
    );
    const other = await start(
      mesh()
        .over(tcp())
        .in(addresses(...second.addresses)),
    );
    const errors: unknown[] = [];
    const read = caller
      .client(Ratings)
      .all()
      .pipe(
        catchError((error: unknown) => {
          errors.push(error);
          return other.client(Ratings).all();
        }),
      );
    const items = iterate(read)[Symbol.asyncIterator]();
    expect((await items.next()).value).to.equal(1);
    const call = firstValueFrom(caller.client(Ratings).of('tt1'));
    await isAsked;
    const stopping = first.stop();
    await clock.advance(1999);
    expect(errors).to.deep.equal([]);
    await clock.advance(1);
    expect((await items.next()).value).to.equal(2);
    expect(errors).to.have.length(1);
    expect(errors[0]).to.include({ tag: 'Broken', code: 'MILLRACE_STOPPED' });
    gate.next(5);
    expect(await call).to.equal(5);
    await clock.until(stopping);
    await items.return?.();
  });
});
