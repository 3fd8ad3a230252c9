/** A program whose handlers throw, reject, flood, forget and leave things behind, each as it is told. */
import { type Handlers, Log, mesh, serves } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { EMPTY, NEVER, Observable, of, range, throwError } from 'rxjs';
import { EventEmitter } from 'node:events';
import { Mischief } from '../mischief.js';

const boom = (): Error => new Error('boom');

@serves(Mischief)
class MischiefService implements Handlers<typeof Mischief> {
  constructor(private readonly log: Log) {}

  ping() {
    return of('pong');
  }

  answer(how: string): Observable<string> | Promise<string> {
    switch (how) {
      case 'throws':
        throw boom();
      case 'throws no error':
        throw 'a text';
      case 'rejects':
        return Promise.reject(boom());
      case 'errors':
        return throwError(boom);
      case 'errors when subscribed':
        return new Observable(() => {
          throw boom();
        });
      case 'is undefined':
        return undefined as never;
      case 'is a number':
        return 7 as never;
      case 'has no form':
        return of<string>((() => 1) as never);
      case 'is empty':
        return EMPTY;
      case 'is never':
        return NEVER;
      case 'has many items':
        return of('first', 'second');
      case 'leaves a rejected promise':
        void Promise.reject(boom());
        return of('left');
      case 'leaves an error that nobody handles':
        throwError(boom).subscribe();
        return of('left');
      case 'throws in a subscriber':
        of(1).subscribe(() => {
          throw boom();
        });
        return of('left');
      case 'errors after its answer':
        return new Observable((to) => {
          to.next('left');
          to.complete();
          to.error(boom());
          throw boom();
        });
      default:
        this.log.info(`told to ${how}`);
        setImmediate(() => {
          if (how === 'throw out of a callback') throw boom();
          new EventEmitter().emit('error', boom());
        });
        return NEVER;
    }
  }

  items(how: string): Observable<number> {
    if (how === 'floods') return range(0, 10_000_000);
    if (how === 'floods later') {
      return new Observable((to) => {
        const stop = setInterval(() => {
          for (let item = 0; item < 1000; item++) to.next(item);
        });
        return () => clearInterval(stop);
      });
    }
    return new Observable((to) => {
      to.next(1);
      throw boom();
    });
  }

  told(how: string): Promise<void> | Observable<never> {
    if (how === 'throws') throw boom();
    return how === 'rejects' ? Promise.reject(boom()) : NEVER;
  }
}

await mesh(MischiefService)
  .over(tcp({ port: 0 }))
  .run();
