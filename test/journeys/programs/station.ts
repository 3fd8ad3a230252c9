/**
 * A station: `station.js NAME PORT [NEXT ADDRESS…]`. Without a next one it is the source. It logs what begins and what is left, and
 * at its end how many fire-and-forgets it has handled.
 */
import {
  addresses,
  type Call,
  type Client,
  client,
  fromIterable,
  type Handlers,
  Log,
  mesh,
  MeshError,
  serves,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { defer, finalize, firstValueFrom, map, NEVER, type Observable, of, tap, throwError } from 'rxjs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Station, stationOf } from '../station.js';

const [name = '', port = '0', next = '', ...places] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const Own = stationOf(name);
const Next = stationOf(next === '' ? 'nowhere' : next);

/** What all stations do alike. */
abstract class Counted {
  protected abstract readonly log: Log;
  private handled = 0;

  onStop(): void {
    this.log.info({ handled: this.handled }, 'handled');
  }

  protected count(): void {
    this.handled += 1;
  }
}

@serves(Own)
class Source extends Counted implements Handlers<Station> {
  private total = 0;

  constructor(protected readonly log: Log) {
    super();
  }

  title(id: string) {
    return of(`${id} by ${process.pid}`);
  }

  page(most: number) {
    return fromIterable(() => this.numbers(most)).pipe(finalize(() => this.log.info('left page')));
  }

  talk(numbers: Observable<number>) {
    return numbers;
  }

  made() {
    return of(this.total);
  }

  forever(id: string) {
    return defer(() => {
      this.log.info(`began ${id}`);
      return NEVER;
    }).pipe(finalize(() => this.log.info(`left ${id}`)));
  }

  afterwards(id: string) {
    this.log.info(`began ${id}`);
    return of(id);
  }

  fail(how: string): Observable<string> {
    this.log.info(`failing ${how}`);
    if (how === 'full') return throwError(() => Own.fail('Full', { beds: 2 }, 'no room'));
    if (how === 'rejected') return throwError(() => new MeshError('Rejected', 'too busy', { after: 70 }));
    if (how === 'denied') return throwError(denied);
    throw new Error('a secret of the source');
  }

  told(): void {
    this.count();
  }

  private *numbers(most: number) {
    for (let item = 0; item < most; item++) {
      this.total += 1;
      yield item;
    }
  }
}

@serves(Own)
class Relay extends Counted implements Handlers<Station> {
  constructor(
    @client(Next) private readonly next: Client<Station>,
    protected readonly log: Log,
  ) {
    super();
  }

  title(id: string) {
    return this.next.title(id).pipe(map((answer) => `${answer} via ${name}`));
  }

  page(most: number) {
    return this.next.page(most).pipe(map((item) => item + 1));
  }

  talk(numbers: Observable<number>) {
    return this.next.talk(numbers);
  }

  made() {
    return this.next.made();
  }

  forever(id: string) {
    return this.next.forever(id).pipe(finalize(() => this.log.info(`left ${id}`)));
  }

  async afterwards(id: string, call: Call<unknown>): Promise<string> {
    await delay(Math.max(0, call.deadline - performance.now()) + 5);
    const asked = this.next.afterwards(id).pipe(tap({ error: ({ tag }: MeshError) => this.log.info(`found ${tag}`) }));
    return firstValueFrom(asked);
  }

  fail(how: string) {
    return this.next.fail(how);
  }

  told(id: string) {
    this.count();
    return this.next.told(id);
  }
}

function denied(): MeshError {
  const root = new MeshError('Failed', 'the directory is down', { code: 'directory.Down', detail: { host: 'd1' } });
  const cause = new MeshError('Unauthenticated', 'nobody knows you', { cause: root });
  return new MeshError('Denied', 'not you', { code: 'station.Denied', detail: { role: 'guest' }, cause });
}

const station = mesh(next === '' ? Source : Relay)
  .over(tcp({ port: Number(port) }))
  .in(addresses(...places));
await station.run();
