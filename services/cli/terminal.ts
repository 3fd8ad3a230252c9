/** What a command has of the process that it runs in. */
import { fromEvent, map, type Observable, of, take } from 'rxjs';
import { styleText } from 'node:util';
import type { Wire } from '../../framework/index.js';

export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  /** Standard input; touched only by who reads it. */
  readonly input: AsyncIterable<Uint8Array | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly folder: string;
  /** Aborted when the command is to end: by a signal, whose name is the reason, or because nobody reads its output, `EPIPE`. */
  readonly stop: AbortSignal;
  /** One wire of each kind that addresses may name. */
  readonly wires: () => Promise<readonly Wire[]>;
}

export type Output = NodeJS.WriteStream;

/** Colours a text, where its stream shows colours: a terminal without NO_COLOR. */
export type Paint = (style: Style, text: string) => string;
export type Style = Parameters<typeof styleText>[0];

/** Characters of a line where nobody says how long one is. */
const WIDTH = 80;

export function paintFor(stream: Output): Paint {
  return (style, text) => styleText(style, text, { stream });
}

export function widthOf(stream: Output): number {
  return stream.isTTY && stream.columns > 0 ? stream.columns : WIDTH;
}

/** Writes a line, and resolves when the stream wants more: at once, or when a slow reader has caught up or left. */
export function print(stream: Output, line: string): Promise<void> | undefined {
  if (stream.destroyed || stream.write(`${line}\n`)) return undefined;
  return new Promise((done) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      done();
    };
    stream.on('drain', go).on('close', go);
  });
}

/** Emits the reason once the command is to end, and completes. */
export function stopped({ stop }: Pick<Terminal, 'stop'>): Observable<unknown> {
  if (stop.aborted) return of(stop.reason);
  return fromEvent(stop, 'abort').pipe(
    map((): unknown => stop.reason),
    take(1),
  );
}
