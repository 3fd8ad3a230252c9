/** Streams that the page wants for as long as it is open. */
import { asMeshError, iterate, type MeshError } from 'millrace';
import type { Observable } from 'rxjs';

/** Milliseconds between an error and the next try. */
const PAUSE = 600;

export interface Keeping<T> {
  /** Called for each try. */
  readonly source: () => Observable<T>;
  /** What is done with an item, before the next is asked for. */
  readonly use: (item: T) => unknown;
  /** The error that a try has ended with; undefined once items come again. */
  readonly fault: (error: MeshError | undefined) => void;
}

/** Reads a stream, and after each error again. Never resolves, unless the stream ends by itself. */
export async function keep<T>({ source, use, fault }: Keeping<T>): Promise<void> {
  for (;;) {
    try {
      for await (const item of iterate(source())) {
        fault(undefined);
        await use(item);
      }
      return;
    } catch (error) {
      fault(asMeshError(error));
    }
    await pause(PAUSE);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
