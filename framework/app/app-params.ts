/** What can be set about every application. */
import { duration, optional, param, type Param } from '../core/index.js';
import {
  BALANCE,
  EJECT_AFTER,
  EJECT_MOST,
  EJECT_TIME,
  PANIC,
  PATIENCE,
  QUEUE,
  RECONNECT,
  RECONNECT_MOST,
  REGION,
  WARMING,
  ZONE,
} from '../discovery/index.js';
import { HEALTH_HOST, HEALTH_PORT } from './health.js';
import { LOG_LEVEL } from './logs.js';
import { NOTIFIES } from './notify-bound.js';
import { SELF_PARAMS } from './self.js';
import { STACK_PARAMS } from './stack-params.js';

export const GRACE = param(
  'app.grace',
  25_000,
  duration,
  'Milliseconds that open calls get to end when the application stops.',
);

export const STREAM_GRACE = param(
  'app.stream-grace',
  undefined,
  optional(duration),
  'Milliseconds that streams and channels get of that, before those who read them have to ask another; all of it by default.',
);

export const CALL_DEADLINE = param(
  'call.deadline',
  30_000,
  duration,
  'Milliseconds after which a response is given up for which neither contract nor caller names a deadline.',
);

export const OWN_PARAMS: readonly Param<unknown>[] = [
  GRACE,
  STREAM_GRACE,
  NOTIFIES,
  CALL_DEADLINE,
  LOG_LEVEL,
  HEALTH_PORT,
  HEALTH_HOST,
  PATIENCE,
  RECONNECT,
  RECONNECT_MOST,
  BALANCE,
  ZONE,
  REGION,
  QUEUE,
  WARMING,
  EJECT_AFTER,
  EJECT_TIME,
  EJECT_MOST,
  PANIC,
  ...SELF_PARAMS,
  ...STACK_PARAMS,
];
