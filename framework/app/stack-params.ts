/** What can be set about the stacks of an application. */
import { count, duration, flag, oneOf, param, type Param, ratio } from '../core/index.js';
import { COMMANDS, HYSTRIX_PARAMS, METER_PARAMS, METRIC_STREAM_PARAMS } from '../observe/index.js';

export const LIMIT = param(
  'limit.algorithm',
  'gradient2',
  oneOf('gradient2', 'vegas', 'aimd', 'none'),
  'How the application finds out how many calls at once it bears, beyond which it refuses the least dear; none for no limit.',
);

export const LIMIT_INITIAL = param('limit.initial', 1000, count, 'Calls at once before anything is known.');

export const LIMIT_MIN = param('limit.min', 100, count, 'The fewest calls at once that the limit may come down to.');

export const LIMIT_MAX = param('limit.max', 1000, count, 'The most calls at once, however well it goes.');

export const LIMIT_LEASES = param(
  'limit.leases',
  false,
  flag,
  'Whether callers are told by leases how many requests a second the limit and the latency leave to each, so that they hold back by themselves.',
);

export const BREAKER = param(
  'breaker.mode',
  'auto',
  oneOf('auto', 'forced-open', 'forced-closed', 'metrics-only', 'off'),
  'Whether a method of an instance that fails at too many calls gets none for a while; may be changed at any time, but for off, which leaves the breaker out.',
);

export const BREAKER_CALLS = param(
  'breaker.minimum-calls',
  20,
  count,
  'Calls of a method at an instance within the window below which its breaker concludes nothing; may be changed at any time.',
);

export const BREAKER_RATE = param(
  'breaker.failure-rate',
  0.5,
  ratio,
  'The share of failures from which on the breaker opens; may be changed at any time.',
);

export const BREAKER_WINDOW = param('breaker.window', 10_000, duration, 'Milliseconds that the breaker looks back.');

export const BREAKER_SLEEP = param(
  'breaker.sleep',
  5000,
  duration,
  'Milliseconds that the breaker stays open; may be changed at any time.',
);

export const RETRY_ATTEMPTS = param(
  'retry.attempts',
  3,
  count,
  'Attempts at a call that is lost on its way and can be repeated, the first included; 1 for none.',
);

export const RETRY_SHARE = param(
  'retry.budget',
  0.2,
  ratio,
  'Retries for each call of the last ten seconds that all calls of the application share.',
);

export const RETRY_FLOOR = param('retry.per-second', 10, count, 'Retries a second that are had in any case.');

export const CALL_METERS = param(
  'metrics.calls',
  true,
  flag,
  'Whether the calls that the application answers and makes are measured by method and outcome.',
);

export const COMMAND_METERS = param(
  'hystrix.meters',
  true,
  flag,
  'Whether the calls that the application makes are counted for the Hystrix streams of its health server, where it has one.',
);

export const STACK_PARAMS: readonly Param<unknown>[] = [
  LIMIT,
  LIMIT_INITIAL,
  LIMIT_MIN,
  LIMIT_MAX,
  LIMIT_LEASES,
  BREAKER,
  BREAKER_CALLS,
  BREAKER_RATE,
  BREAKER_WINDOW,
  BREAKER_SLEEP,
  RETRY_ATTEMPTS,
  RETRY_SHARE,
  RETRY_FLOOR,
  CALL_METERS,
  COMMAND_METERS,
  COMMANDS,
  ...HYSTRIX_PARAMS,
  ...METER_PARAMS,
  ...METRIC_STREAM_PARAMS,
];
