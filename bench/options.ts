// Reads the arguments of a bench command; what it doesn't know is an error that lists what it knows.

export interface Option<T> {
  /** What stands behind the option's name in the help; empty for a switch. */
  readonly value: string;
  readonly about: string;
  readonly initial: T;
  parse(text: string): T;
}

export type Options = { readonly [name: string]: Option<unknown> };
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What the person at the keyboard got wrong; its message is all that's shown. */
export class UsageError extends Error {}

export function parseOptions<O extends Options>(command: string, options: O, args: readonly string[]): Values<O> {
  const values = Object.fromEntries(Object.entries(options).map(([name, { initial }]) => [name, initial]));
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/.exec(arg) ?? [];
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) throw new UsageError(`${command} doesn't know ${arg}; it knows\n${described(options)}`);
    const text = option.value === '' ? '' : (inline ?? rest.shift());
    if (text === undefined) throw new UsageError(`--${name} needs ${option.value}: ${option.about}`);
    values[name] = option.parse(text);
  }
  return values as Values<O>;
}

/** A line for each option. */
export function described(options: Options): string {
  const rows = Object.entries(options).map(([name, { value, about }]) => [`--${name} ${value}`.trim(), about] as const);
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, about]) => `  ${left.padEnd(width)}  ${about}`).join('\n');
}

export function flag(about: string): Option<boolean> {
  return { value: '', about, initial: false, parse: () => true };
}

export function text(value: string, about: string): Option<string | undefined> {
  return { value, about, initial: undefined, parse: (given) => given };
}

/** A whole number of at least 1; none given is undefined. */
export function count(value: string, about: string): Option<number | undefined> {
  return { value, about, initial: undefined, parse: countOf };
}

/** Some of the known names, separated by commas; none given means that the command chooses. */
export function someOf<N extends string>(
  value: string,
  about: string,
  known: readonly N[],
): Option<readonly N[] | undefined> {
  const parse = (given: string) =>
    given.split(',').map((part) => {
      const name = known.find((candidate) => candidate === part.trim());
      if (name === undefined) throw new UsageError(`"${part}" is none of ${known.join(', ')}`);
      return name;
    });
  return { value, about: `${about}: ${known.join(', ')}`, initial: undefined, parse };
}

function countOf(given: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`"${given}" is not a whole number of at least 1`);
  return number;
}
