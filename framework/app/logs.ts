/** Structured logs, by pino: one line of JSON each, with the call that they are about. */
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { ambientCall, type Call, oneOf, param } from '../core/index.js';

export const LOG_LEVEL = param(
  'log.level',
  'info',
  oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  'The least level that is logged: trace, debug, info, warn, error, fatal or silent. Can be changed while it runs.',
);

/** What a class asks for to log: a pino logger. `log.of(call)` names the call; in an async handler it is known without. */
export abstract class Log {
  abstract readonly of: (call: Call<unknown>) => Logger;
  abstract readonly trace: Logger['trace'];
  abstract readonly debug: Logger['debug'];
  abstract readonly info: Logger['info'];
  abstract readonly warn: Logger['warn'];
  abstract readonly error: Logger['error'];
  abstract readonly fatal: Logger['fatal'];
}

export interface LogOptions {
  /** Where lines go. Default: standard output. */
  readonly to?: DestinationStream;
  /** More of pino's own options: `redact`, `formatters`, `transport`. */
  readonly pino?: LoggerOptions;
}

/** The logger of an application. */
export function loggerOf(name: string, level: string, log: LogOptions): Logger {
  const mixin: LoggerOptions['mixin'] = (merged, number, logger) => ({
    ...log.pino?.mixin?.(merged, number, logger),
    ...(NAMED in logger ? {} : namesOf(ambientCall())),
  });
  const options: LoggerOptions = { ...log.pino, name, level, mixin };
  if (log.to !== undefined) return pino(options, log.to);
  return options.transport === undefined ? pino(options, standardOutput()) : pino(options);
}

/** At once: what a thread is writing while the process ends comes behind what is written last, or is lost. */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: true });
}

/** Marks a logger that names a call, so that no other call is named beside it. */
const NAMED = Symbol('named');

/** The form of a logger that classes ask for. */
export function logOf(logger: Logger): Log {
  return Object.assign(Object.create(logger) as Logger, {
    of: (call: Call<unknown>) => Object.assign(logger.child(namesOf(call)), { [NAMED]: true }),
  }) as Logger & Log;
}

function namesOf(call: Call<unknown> | undefined): Record<string, string> {
  if (call === undefined) return {};
  const { method, trace } = call;
  return trace === undefined ? { method } : { method, traceId: trace.traceId, spanId: trace.spanId };
}
