/** What a call sends: from an argument, or from standard input. */
import type { Observable } from 'rxjs';
import { fromIterable, type Interaction } from '../../framework/index.js';
import { jsonLines, jsonOf } from './json-lines.js';
import { UsageError } from './status.js';
import type { Terminal } from './terminal.js';

/** The word of the command line that stands for standard input. */
const STDIN = '-';

/** A message that is known before the call is made. */
export type Message = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'input' };

/** What the argument says; throws where it isn't JSON. Without one there is no message. */
export function messageOf(text: string | undefined): Message {
  if (text === STDIN) return { kind: 'input' };
  if (text === undefined) return { kind: 'value', value: undefined };
  try {
    return { kind: 'value', value: JSON.parse(text) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`'${text.slice(0, 80)}' is not JSON (${why}); a text stands in double quotes: '"text"'`);
  }
}

/** The message, or the messages of a channel, as `interaction` sends them. Rejects where they don't fit it. */
export async function requestOf(
  message: Message,
  interaction: Interaction,
  route: string,
  terminal: Terminal,
): Promise<unknown> {
  if (interaction === 'channel') return messagesOf(message, route, terminal);
  return message.kind === 'input' ? jsonOf(terminal.input) : message.value;
}

function messagesOf(message: Message, route: string, terminal: Terminal): Observable<unknown> {
  if (message.kind === 'input') return fromIterable(() => jsonLines(terminal.input));
  const { value } = message;
  if (Array.isArray(value) && value.length > 0) return fromIterable(value as readonly unknown[]);
  throw new UsageError(
    `${route} is a channel: give an array of at least one message, '[…]', or - to read a message from each line`,
  );
}
