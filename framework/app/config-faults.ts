/** What is wrong with a configuration: all of it at once, a line each. */
import { MeshError, type Param, refusal } from '../core/index.js';

export interface Fault {
  /** Where it stands: `file millrace.yaml:12`, `environment MILLRACE_RSOCKET_FRAME`, `flag --rsocket.frame`, `code`. */
  readonly from: string;
  readonly says: () => string;
}

/** A value as somebody wrote it. */
export interface Written {
  readonly param: Param<unknown>;
  readonly value: unknown;
  /** Where it stands, as a {@link Fault} has it. */
  readonly from: string;
}

/** What a source has at a place: a value for a param, or a fault. */
export type Finding = Written | Fault;

/** So many are told; a file of another program would give thousands. */
const MOST = 50;

/** The error that tells faults: Invalid, code `MILLRACE_CONFIG`. It has no causes, which could hold the values of secrets. */
export function refuse(faults: readonly Fault[]): MeshError {
  const lines = faults.slice(0, MOST).map(({ from, says }) => `${from}: ${says()}`);
  if (faults.length > MOST) lines.push(`and ${faults.length - MOST} more`);
  return new MeshError('Invalid', lines.join('\n'), { code: 'MILLRACE_CONFIG' });
}

/** The fault of a value at which a param's parser threw `cause`. */
export function wrongValue({ param, value, from }: Written, cause: unknown): Fault {
  return { from, says: () => `${param.name}: ${refusal(param, value, cause)}` };
}

/** A fault of one sentence. */
export function fault(from: string, sentence: string): Fault {
  return { from, says: () => sentence };
}
