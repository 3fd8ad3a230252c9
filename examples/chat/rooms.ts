/** Rooms: each is there while somebody is in it. */
import { type Handlers, control, serves } from 'millrace';
import {
  connect,
  defer,
  distinctUntilKeyChanged,
  endWith,
  filter,
  finalize,
  ignoreElements,
  merge,
  type Observable,
  Subject,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import { Chat, type Line } from './chat.js';

@serves(Chat)
export class Rooms implements Handlers<typeof Chat> {
  private readonly rooms = new Map<string, Subject<Line>>();

  /** Whoever reads slowly misses the oldest lines, and holds up nobody: neither the room nor what they say themselves. */
  talk(said: Observable<Line>): Observable<Line> {
    return control(said).pipe(
      connect((lines) =>
        merge(
          lines.pipe(
            distinctUntilKeyChanged('room'),
            switchMap((line) => this.visit(line)),
            takeUntil(lines.pipe(ignoreElements(), endWith('gone'))),
          ),
          lines.pipe(
            filter(({ text }) => text.trim() !== ''),
            tap((line) => this.rooms.get(line.room)?.next(line)),
            ignoreElements(),
          ),
        ),
      ),
    );
  }

  /** What is said in a room, from one's coming, which is said there, to one's going. */
  private visit({ room, who }: Line): Observable<Line> {
    return defer(() => {
      const lines = this.rooms.get(room) ?? new Subject<Line>();
      this.rooms.set(room, lines);
      const tell = (text: string): void => lines.next({ room, who, text });
      const coming = defer(() => {
        tell('comes in');
        return [];
      });
      return merge(lines, coming).pipe(
        finalize(() => {
          if (lines.observed) tell('leaves');
          else this.rooms.delete(room);
        }),
      );
    });
  }
}
