/** Reads a fault that somebody sends: nothing is taken over that is not known, and everything has a bound. */
import { isMeshError } from '../core/index.js';
import type { Schema } from '../contract/index.js';
import { faultChecked, type FaultInjection, type FaultScope } from './fault-injection.js';

/** Texts of a scope are no longer than this, and its names no more. */
const LONGEST_TEXT = 256;
const MOST_NAMES = 16;

/** A Standard Schema of {@link FaultInjection}. */
export const faultSchema: Schema<FaultInjection> = {
  '~standard': {
    version: 1,
    vendor: 'millrace',
    validate(value) {
      try {
        return { value: faultChecked(faultOf(value)) };
      } catch (error) {
        return { issues: [{ message: isMeshError(error) ? error.message : String(error) }] };
      }
    },
  },
};

function faultOf(value: unknown): FaultInjection {
  const fields = fieldsOf(value, ['delay', 'error', 'abort', 'share', 'when']);
  const { error } = fields;
  const when = fields['when'] === undefined ? undefined : scopeOf(fields['when']);
  const numbers = Object.fromEntries(
    ['delay', 'abort', 'share'].flatMap((name) =>
      fields[name] === undefined ? [] : [[name, numberOf(fields[name], name)]],
    ),
  );
  const tagged = error === undefined ? {} : { error: textOf(error, 'error') as NonNullable<FaultInjection['error']> };
  return { ...numbers, ...tagged, ...(when === undefined ? {} : { when }) };
}

function scopeOf(value: unknown): FaultScope {
  const { method, metadata, baggage, interaction } = fieldsOf(value, ['method', 'metadata', 'baggage', 'interaction']);
  return {
    ...(method === undefined ? {} : { method: textOf(method, 'method') }),
    ...(metadata === undefined ? {} : { metadata: textsOf(metadata, 'metadata') }),
    ...(baggage === undefined ? {} : { baggage: textsOf(baggage, 'baggage') }),
    ...(interaction === undefined ? {} : { interaction: interactionOf(interaction) }),
  };
}

function interactionOf(value: unknown): NonNullable<FaultScope['interaction']> {
  if (value === 'notify' || value === 'response' || value === 'stream' || value === 'channel') return value;
  throw new TypeError('interaction is one of notify, response, stream and channel');
}

function fieldsOf(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError('a fault and its scope are objects');
  const entries = Object.entries(value);
  for (const [name] of entries) {
    if (!known.includes(name)) throw new TypeError(`unknown name ${name.slice(0, 32)}; known are ${known.join(', ')}`);
  }
  return Object.fromEntries(entries);
}

function numberOf(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`${name} is a number`);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value;
  throw new TypeError(`${name} is a text of at most ${LONGEST_TEXT} characters`);
}

function textsOf(value: unknown, name: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} is an object of texts`);
  const entries = Object.entries(value);
  if (entries.length > MOST_NAMES)
    throw new TypeError(`${name} has ${entries.length} names; ${MOST_NAMES} are the most`);
  return Object.fromEntries(entries.map(([key, text]) => [textOf(key, name), textOf(text, name)]));
}
