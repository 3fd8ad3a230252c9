/** What an application logs, line by line, for a test to read and to wait for. */
import type { LogOptions } from 'millrace';
import { filter, firstValueFrom, map, merge, from, Subject } from 'rxjs';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly name?: string;
  readonly method?: string;
  readonly peer?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly err?: { readonly message: string; readonly stack: string };
}

export interface LogLines {
  readonly options: LogOptions;
  /** As they were written. */
  readonly raw: readonly string[];
  /** As they were read. */
  readonly all: readonly LogLine[];
  /** The first line of this message, that was written or will be. */
  of(message: string | RegExp): Promise<LogLine>;
}

export const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

export function logLines(): LogLines {
  const raw: string[] = [];
  const news = new Subject<string>();
  const write = (line: string): void => {
    raw.push(line);
    news.next(line);
  };
  return {
    options: { to: { write } },
    raw,
    get all() {
      return raw.map(read);
    },
    of: (message) =>
      firstValueFrom(
        merge(from([...raw]), news).pipe(
          map(read),
          filter(({ msg }) => (typeof message === 'string' ? msg === message : message.test(msg))),
        ),
      ),
  };
}

function read(line: string): LogLine {
  return JSON.parse(line) as LogLine;
}
