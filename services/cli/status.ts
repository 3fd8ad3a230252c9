/** With what a command ends: its exit status, and what was wrong with how it was used. */
import { constants } from 'node:os';

export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;

/** The command was used in a way that it can't be. The message says how it can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not do what was asked. The message is all that a user needs. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** The status of a process that a signal ended, 130 for SIGINT; 0 for another reason, such as EPIPE. */
export function signalStatus(reason: unknown): number {
  const known: Readonly<Record<string, number | undefined>> = constants.signals;
  const number = typeof reason === 'string' ? known[reason] : undefined;
  return number === undefined ? DONE : 128 + number;
}
