/** What `millrace call` was told beside the route and the message, checked before anything is called. */
import { count, duration, type Interaction, type Metadata, type Priority } from '../../framework/index.js';
import { UsageError } from './status.js';

/** As the words of the command line say it. */
export interface CallWords {
  readonly at?: readonly string[];
  readonly as?: Interaction;
  readonly output: 'json' | 'pretty';
  readonly take?: string;
  readonly rate?: string;
  readonly deadline?: string;
  readonly metadata?: readonly string[];
  readonly baggage?: readonly string[];
  readonly priority?: Priority;
  readonly verbose?: boolean;
}

export interface CallOptions {
  readonly at: readonly string[];
  readonly as: Interaction | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Items after which the call is left; Infinity for none. */
  readonly take: number;
  /** Items a second; Infinity for as many as come. */
  readonly rate: number;
  /** Milliseconds; undefined where the user names none. */
  readonly deadline: number | undefined;
  readonly metadata: Metadata;
  readonly baggage: Metadata;
  readonly priority: Priority;
}

/** Throws for what can't be meant. */
export function callOptionsOf(words: CallWords): CallOptions {
  return {
    at: words.at ?? [],
    as: words.as,
    json: words.output === 'json',
    verbose: words.verbose ?? false,
    take: number('--take', words.take, (text) => atLeast(1, count(text)), 'a whole number from 1'),
    rate: number(
      '--rate',
      words.rate,
      (text) => atLeast(0.001, Number(text)),
      'a number of items a second, from 0.001',
    ),
    deadline:
      words.deadline === undefined
        ? undefined
        : number('--deadline', words.deadline, (text) => atLeast(1, duration(text)), "a time such as '200 ms' or 2s"),
    metadata: pairs('--metadata', words.metadata),
    baggage: pairs('--baggage', words.baggage),
    priority: words.priority ?? 'default',
  };
}

function number(option: string, text: string | undefined, read: (text: string) => number, wanted: string): number {
  if (text === undefined) return Infinity;
  try {
    return read(text);
  } catch {
    throw new UsageError(`${option}: '${text}' is not ${wanted}`);
  }
}

function atLeast(least: number, value: number): number {
  if (value >= least && value < Infinity) return value;
  throw new RangeError('too small');
}

function pairs(option: string, texts: readonly string[] = []): Metadata {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`${option}: '${text}' is not name=value`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
