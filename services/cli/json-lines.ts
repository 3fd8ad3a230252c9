/** JSON from standard input: one value, or a value a line, read as fast as somebody wants it. */
import { meshError } from '../../framework/index.js';

/** Bytes of one message: as much as RSocket's largest frame. */
const LONGEST = 16 * 2 ** 20;

/** The values of lines that aren't blank. Throws Invalid, with the number of the line, for one that isn't JSON or has no end. */
export async function* jsonLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<unknown> {
  let number = 0;
  for await (const line of lines(input)) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      yield JSON.parse(line) as unknown;
    } catch (error) {
      throw unreadable(`line ${number} of standard input is not JSON`, error);
    }
  }
}

/** All of the input as one value; undefined if there is none. */
export async function jsonOf(input: AsyncIterable<Uint8Array | string>): Promise<unknown> {
  let text = '';
  for await (const part of texts(input)) {
    text += part;
    if (text.length > LONGEST) throw unreadable(`standard input has more than ${LONGEST} characters`);
  }
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unreadable('standard input is not JSON', error);
  }
}

async function* lines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let rest = '';
  for await (const part of texts(input)) {
    const [first = '', ...others] = part.split('\n');
    rest += first;
    for (const other of others) {
      yield rest;
      rest = other;
    }
    if (rest.length > LONGEST) throw unreadable(`a line of standard input has more than ${LONGEST} characters`);
  }
  yield rest;
}

async function* texts(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of input) yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function unreadable(what: string, error?: unknown): Error {
  const why = error instanceof Error ? `: ${error.message}` : '';
  return meshError('Invalid', `${what}${why}`, { code: 'MILLRACE_CLI_INPUT' });
}
