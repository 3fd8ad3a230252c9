/** An error of a call as a user reads it: what, where, why, and what to do about it. */
import { asMeshError, type ErrorTag, type MeshError, printable } from '../../framework/index.js';
import { jsonText } from './json-text.js';
import { NOT_MILLRACE } from './remote.js';
import type { Paint } from './terminal.js';

export interface ErrorRoom {
  readonly columns: number;
  readonly paint: Paint;
  /** Said beside the rest: what the method takes. */
  readonly more?: readonly string[];
}

/** Lines: the error, what it says beside its message, its causes, and what to do. */
export function errorText(error: unknown, { columns, paint, more = [] }: ErrorRoom): string {
  const known = asMeshError(error);
  const { detail, from } = known;
  return [
    lineOf(known, paint),
    ...(detail === undefined ? [] : [`  detail: ${jsonText(detail, { columns, paint, indent: 2 })}`]),
    ...(from === undefined || known.message.includes(from) ? [] : [`  from: ${said(from)}`]),
    ...causesOf(known).map((cause) => `  caused by ${cause}`),
    ...more.map((line) => `  ${line}`),
    `  ${paint('dim', `to do: ${whatToDo(known)}`)}`,
  ].join('\n');
}

const LONGEST = 4096;
/** Causes that are shown of a chain. */
const MOST = 8;

function lineOf({ tag, code, message }: MeshError, paint: Paint): string {
  return `${paint('red', tag)} (${said(code)}): ${said(message)}`;
}

function causesOf(error: MeshError): string[] {
  const causes: string[] = [];
  let { cause }: { readonly cause?: unknown } = error;
  while (cause instanceof Error && causes.length < MOST) {
    const { name, message } = cause;
    const known = 'tag' in cause && 'code' in cause ? `${String(cause.tag)} (${String(cause.code)})` : name;
    if (!error.message.endsWith(message)) causes.push(said(`${known}: ${message}`));
    ({ cause } = cause);
  }
  return causes;
}

function whatToDo(error: MeshError): string {
  const { tag, after, code } = error;
  const again = after === undefined ? 'try again' : `try again in ${after} ms`;
  const special = BY_CODE[code];
  return special ?? BY_TAG[tag](again);
}

const BY_CODE: Readonly<Record<string, string | undefined>> = {
  [NOT_MILLRACE]: 'if that is as it should be, say what the method is: --as response, stream, channel or notify',
  MILLRACE_CLI_INPUT: 'send one JSON value, or to a channel one on each line',
  MILLRACE_INTERACTION: 'say what the method is: --as response, stream, channel or notify',
};

const BY_TAG: Readonly<Record<ErrorTag, (again: string) => string>> = {
  Rejected: (again) => `it was not begun: ${again}, or elsewhere with --at`,
  Quota: (again) => `your allowance is spent: ${again}`,
  Unavailable: (again) =>
    `look whether the service runs, and whether this is its address (--at, MILLRACE_AT); or ${again}`,
  Broken: () => 'the connection was lost on the way: it may have been done, so look before you call again',
  Slow: (again) => `it took too long: ${again}`,
  Late: () => 'give it longer with --deadline, or look what keeps the service',
  Canceled: (again) => `the call was given up: ${again}`,
  Invalid: () => 'compare what was sent with what it takes: millrace describe',
  Unknown: () => 'look what there is: millrace describe',
  Unauthenticated: () => 'say who you are, as the service wants to hear it: --metadata name=value',
  Denied: () => 'who calls has to be allowed to: the service decides that',
  Overrun: () =>
    'the service gave more than was asked for: it returns from(…), of(…) or range(…), which can not wait, instead of the array or the generator, or it does not pace what it is pushed; its log names the method',
  Failed: () => 'the service says that this can happen: its contract tells what it means',
  Defect: () => 'this is a bug of the service: its log says more',
};

function said(text: string): string {
  return printable(text, LONGEST);
}
