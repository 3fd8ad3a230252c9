/** What has to be true of a call when nothing more can happen to it, and of what was said on the wire. */
import { Flag, FrameType } from 'millrace/rsocket';
import type { Seen } from '../conformance/tap.js';
import { BESIDE, type Plan, type Spans } from './plan.js';
import type { Witness } from './witness.js';

export interface Outcome {
  readonly caller: Witness;
  /** Who made a call beside it. */
  readonly neighbour: Witness;
  /** Who reads a channel's request. */
  readonly reader: Witness;
  /** Times that the handler was called. */
  readonly asked: number;
  readonly answers: Spans;
  readonly requests: Spans;
}

/** The faults of an outcome. */
export function judge(plan: Plan, { caller, neighbour, reader, asked, answers, requests }: Outcome): readonly string[] {
  const { model, answer, request, close } = plan;
  const most = model === 'response' ? Math.min(1, answer.items) : answer.items;
  const always: readonly Check[] = [
    [asked <= 1, `the handler was called ${asked} times`],
    [once(answers), `an answer began ${answers.begun} times, and ended ${answers.ended} times`],
    [once(requests), `a request began ${requests.begun} times, and ended ${requests.ended} times`],
    [caller.over, 'the caller waits for ever'],
    [undisturbed(neighbour, close), `the call beside got ${neighbour.items.length} items and ${neighbour.end}`],
    [model !== 'channel' || asked === 0 || reader.over, 'the handler waits for ever'],
    [inOrder(caller.items, most), `the caller got ${caller.items.join()} of ${most}`],
    [inOrder(reader.items, request.items), `the handler got ${reader.items.join()} of ${request.items}`],
  ];
  if (plan.cancel || close === 'cut') return failed(always);
  const requestFails = model === 'channel' && request.end === 'error';
  if (asked === 0) {
    const noCall = model === 'channel' && request.items === 0;
    const refused = model === 'notify' || caller.end === 'Unavailable' || caller.end === 'Rejected';
    const right = noCall || requestFails || (close !== undefined && refused);
    return failed([...always, [right, `nobody was called, and the caller got ${caller.end}`]]);
  }
  if (model === 'notify') return failed([...always, [caller.end === 'complete', `notify got ${caller.end}`]]);
  if (requestFails) return failed(always);
  const answered = model === 'response' && most > 0;
  const expected = answered || answer.end === 'complete' ? 'complete' : 'Denied';
  const whole: readonly Check[] = [
    [caller.end === expected, `the caller got ${caller.end} instead of ${expected}`],
    [caller.items.length === most, `the caller got ${caller.items.length} items of ${most}`],
  ];
  if (model !== 'channel' || plan.leave || answer.end === 'error') return failed([...always, ...whole]);
  return failed([
    ...always,
    ...whole,
    [reader.end === 'complete', `the handler's request ended with ${reader.end}`],
    [reader.items.length === request.items, `the handler got ${reader.items.length} items of ${request.items}`],
  ]);
}

/** What a side says on a stream after its last word: COMPLETE ends its items, ERROR and a caller's CANCEL everything. */
export function saidTooMuch(frames: readonly Seen[]): readonly string[] {
  const done = new Map<string, 'items' | 'all'>();
  const faults: string[] = [];
  for (const { from, id, type, flags } of frames) {
    if (id === 0) continue;
    const key = `${from} ${id}`;
    const before = done.get(key);
    const items = type === FrameType.PAYLOAD;
    if (before === 'all' || (before === 'items' && items)) faults.push(`${key} said type ${type} after its last word`);
    const callers = id % 2 === (from === 'client' ? 1 : 0);
    if (type === FrameType.ERROR || (type === FrameType.CANCEL && callers)) done.set(key, 'all');
    else if (items && (flags & Flag.COMPLETE) !== 0) done.set(key, 'items');
  }
  return faults;
}

/** All of it, or a word why there is nothing. */
function undisturbed({ items, end }: Witness, close: Plan['close']): boolean {
  if (!inOrder(items, BESIDE)) return false;
  if (end === 'complete') return items.length === BESIDE;
  if (close === 'cut') return end !== undefined;
  return close !== undefined && items.length === 0 && (end === 'Unavailable' || end === 'Rejected');
}

type Check = readonly [right: boolean, fault: string];

function failed(checks: readonly Check[]): readonly string[] {
  return checks.filter(([right]) => !right).map(([, fault]) => fault);
}

function once({ begun, ended }: Spans): boolean {
  return begun <= 1 && begun === ended;
}

function inOrder(items: readonly number[], most: number): boolean {
  return items.length <= most && items.every((item, at) => item === at);
}
