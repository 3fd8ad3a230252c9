/** What is logged of calls that fail here: bugs each time, what peers can bring about as often as they like only now and then. */
import type { DefectListener } from '../contract/index.js';
import type { Clock } from '../core/index.js';
import type { Log } from './logs.js';

/** Milliseconds between two lines about the same method. */
const PAUSE = 1000;

interface Quiet {
  until: number;
  /** Failures that no line tells of. */
  unsaid: number;
}

export function faultLog(log: Log, clock: Clock): DefectListener {
  const quiet = new Map<string, Quiet>();
  return (call, error) => {
    const { method } = call;
    if (error.tag === 'Defect') {
      log.of(call).error({ err: error.cause ?? error }, `${method} failed`);
      return;
    }
    const now = clock.now();
    const before = quiet.get(method);
    if (before !== undefined && now < before.until) {
      before.unsaid += 1;
      return;
    }
    quiet.set(method, { until: now + PAUSE, unsaid: 0 });
    const others = before === undefined || before.unsaid === 0 ? {} : { others: before.unsaid };
    log.of(call).warn({ tag: error.tag, code: error.code, reason: error.message, ...others }, `${method} failed`);
  };
}
