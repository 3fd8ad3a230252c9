/** The table of every operator and creation function of RxJS 7.8, in the order of their names. */
import { creation } from './cases/creation.js';
import { flatten } from './cases/flatten.js';
import { time } from './cases/time.js';
import { transform } from './cases/transform.js';
import type { Cases } from './operator-case.js';

const all: Cases = { ...creation, ...transform, ...flatten, ...time };

export const operatorCases: Cases = Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** What else RxJS exports in lower case: neither operators nor creation functions. */
export const otherExports: readonly string[] = [
  'animationFrame',
  'animationFrameScheduler',
  'asap',
  'asapScheduler',
  'async',
  'asyncScheduler',
  'config',
  'default',
  'firstValueFrom',
  'identity',
  'isObservable',
  'lastValueFrom',
  'noop',
  'observable',
  'pipe',
  'queue',
  'queueScheduler',
];
