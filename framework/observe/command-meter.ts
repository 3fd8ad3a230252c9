/** The policies that see how a command's calls go: what became of each attempt, and what the caller got in the end. */
import { type Call, type MeshError, type Outcome, policyFilter, type PolicyFilter } from '../core/index.js';
import type { Command, Commands } from './commands.js';

/** What a failure counts as. */
export type CommandFailure =
  'failure' | 'timeout' | 'badRequest' | 'cancelled' | 'shortCircuited' | 'semaphoreRejected';

export interface CommandMeterOptions {
  /** By default {@link commandFailureOf}. */
  readonly failureOf?: (error: MeshError) => CommandFailure;
}

/**
 * Counts how each call goes, and how long it takes, to the command it is of. It stands inside the fallback and outside of breaker,
 * bulkhead and timeout, all of whose refusals it sees. A stream is a success with its first item, and what comes of it then is not
 * counted; it is at work until its end.
 * @example const commands = new Commands(); mesh(Films).use(fallback(…), commandMeter(commands), breaker(), bulkhead())
 */
export function commandMeter(
  commands: Commands,
  { failureOf = commandFailureOf }: CommandMeterOptions = {},
): PolicyFilter {
  return policyFilter<Command | undefined, undefined>(
    {
      name: 'command',
      initial: undefined,
      // One command for each method's state, or where calls name theirs themselves one state without a command.
      scope: commands.byRoute ? 'method' : 'service',
      admit(state, call) {
        const command = state ?? commands.of(call);
        command.begin();
        return commands.byRoute ? command.same : NO_COMMAND;
      },
      first(state, elapsed, call, now) {
        const command = state ?? commands.of(call);
        command.went('success', elapsed, now);
        if (call.interaction === 'stream' || call.interaction === 'channel') command.note('emit', now);
        commands.failures?.delete(call.reply);
        return state;
      },
      settle(state, outcome, call, now) {
        const command = state ?? commands.of(call);
        command.end(settled(commands, command, outcome, call, now, failureOf));
        return state?.same ?? NO_COMMAND;
      },
    },
    commands.clock,
  );
}

const NO_COMMAND = { state: undefined };

/**
 * Counts what callers get in the end: a fallback's answer, its failure, or the failure that no fallback was for. It stands outside
 * the fallback; {@link commandMeter} stands inside.
 */
export function answerMeter(commands: Commands): PolicyFilter {
  const failures = (commands.failures ??= new WeakMap());
  return policyFilter<undefined, undefined>(
    {
      name: 'answer',
      initial: undefined,
      admit: (state) => ({ state }),
      first(state, _elapsed, call, now) {
        if (failures.delete(call.reply)) commands.of(call).note('fallbackSuccess', now);
        return state;
      },
      settle(state, { kind, first, error }, call, now) {
        if (first !== undefined || kind === 'cancel') return { state };
        const failure = failures.get(call.reply);
        failures.delete(call.reply);
        const command = commands.of(call);
        if (error === undefined) {
          if (failure !== undefined) command.note('fallbackSuccess', now);
          return { state };
        }
        command.note('exceptionThrown', now);
        if (failure !== undefined) command.note(error === failure ? 'fallbackMissing' : 'fallbackFailure', now);
        return { state };
      },
    },
    commands.clock,
  );
}

/**
 * The usual reading. A refusal is this side's own only if it came from no peer; another's is a failure. Nor is it a failure where the
 * call was wrong, or where the contract declares the answer (Hystrix's HystrixBadRequestException).
 */
export function commandFailureOf({ tag, code, from }: MeshError): CommandFailure {
  switch (tag) {
    case 'Rejected':
      if (from !== undefined) return 'failure';
      return code === 'MILLRACE_BREAKER' ? 'shortCircuited' : 'semaphoreRejected';
    case 'Slow':
    case 'Late':
      return 'timeout';
    case 'Canceled':
      return 'cancelled';
    case 'Invalid':
    case 'Unknown':
    case 'Unauthenticated':
    case 'Denied':
    case 'Quota':
      return 'badRequest';
    case 'Failed':
      return code === 'MILLRACE_FAILED' ? 'failure' : 'badRequest';
    default:
      return 'failure';
  }
}

/** Counts how a call ended; says whether it was let in. */
function settled(
  commands: Commands,
  command: Command,
  { kind, elapsed, first, error }: Outcome,
  call: Call<unknown>,
  now: number,
  failureOf: (error: MeshError) => CommandFailure,
): boolean {
  if (first !== undefined) return true;
  if (error === undefined) {
    if (kind === 'complete') commands.failures?.delete(call.reply);
    command.went(kind === 'complete' ? 'success' : 'cancelled', elapsed, now);
    return true;
  }
  commands.failures?.set(call.reply, error);
  const failure = failureOf(error);
  const refused = failure === 'shortCircuited' || failure === 'semaphoreRejected';
  if (refused) command.refused(failure, now);
  else command.went(failure, elapsed, now);
  return !refused;
}
