/** What peers that are fuzzed find behind the wire: a service of eight kinds, which watches what reaches it. */
import { type Clock, fromIterable, isMeshError, meshError, type Reply } from 'millrace';
import { compositeMetadata, payload, type Payload, sizeOf, type WireService } from 'millrace/rsocket';
import { concatMap, defer, finalize, isObservable, map, NEVER, Observable, of, take, tap, throwError } from 'rxjs';

export interface Watched {
  readonly service: WireService;
  /** Calls whose answers have not ended. */
  readonly open: number;
  /** What was wrong since it was last asked. */
  fault(): string | undefined;
}

/**
 * The first byte of the route, or of a request's data, says what the answer is: of 'hello' an echo, of 'items' many of them, of
 * 'jam' nothing, of 'kill' an error, of 'lost' a bug, of 'mute' a late end, of 'now' long items, of 'over' a few with what the reply
 * says of itself. An item may have at most `most` bytes.
 */
export function watchedService(clock: Clock, most: number): Watched {
  let open = 0;
  let wrong: string | undefined;
  const watch = (item: Payload): void => {
    if (sizeOf(item) > most) wrong ??= `an item of ${sizeOf(item)} bytes reached a handler`;
  };
  const typed = (error: unknown): void => {
    if (!isMeshError(error)) wrong ??= `a handler got the error ${String(error)}, which is no MeshError`;
  };
  const late = new Observable<never>((to) => clock.after(20, () => to.complete(), true));
  return {
    service({ interaction, request, method, reply }) {
      const channel = isObservable(request);
      if (!channel) watch(request);
      const first = method === '' && !channel ? request.data[0] : method.charCodeAt(0);
      const chosen = (first ?? 0) % 8;
      // What answers a notify may outlive its connection, so that it has to end by itself.
      const kind = interaction === 'notify' && chosen === 2 ? 0 : chosen;
      if (kind === 4) throw new Error('a bug');
      const items = channel ? request.pipe(tap({ next: watch, error: typed })) : of(request);
      return defer(() => {
        open += 1;
        return kind === 5 ? late : answer(kind, items, reply);
      }).pipe(finalize(() => (open -= 1)));
    },
    get open() {
      return open;
    },
    fault() {
      const said = wrong;
      wrong = undefined;
      return said;
    },
  };
}

function answer(kind: number, items: Observable<Payload>, reply: Reply): Observable<Payload> {
  switch (kind) {
    case 1:
      return many;
    case 2:
      return items.pipe(concatMap(() => NEVER));
    case 3:
      return items.pipe(concatMap(() => throwError(() => meshError('Rejected', 'no'))));
    case 6:
      return of(long, long);
    case 7:
      reply.set('said', 'something');
      return items.pipe(
        take(2),
        map(({ data }) => payload(data, extra)),
      );
    default:
      return items;
  }
}

const one = payload('one');
const extra = compositeMetadata([['application/x-extra', new Uint8Array(20)]]);
const long = payload(new Uint8Array(3000), extra);
/** Few enough that a peer which asks for all of them is soon served. */
const many = fromIterable(function* () {
  for (let left = 200; left > 0; left--) yield one;
});
