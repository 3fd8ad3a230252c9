// The cases: what is asked, how often at once, and how much of it makes an operation.

export interface Case {
  readonly name: CaseName;
  readonly kind: 'unary' | 'stream' | 'notify' | 'channel';
  /** Calls under way at once; 1 for the others. */
  readonly concurrency: number;
  readonly large: boolean;
}

export type CaseName = (typeof caseNames)[number];

export const caseNames = [
  'unary-100B-c1',
  'unary-100B-c32',
  'unary-100B-c256',
  'unary-10KiB-c32',
  'stream-100B',
  'notify-100B',
  'channel-100B',
] as const;

/** The two that the acceptance ratios are about. */
export const quickCases: readonly CaseName[] = ['unary-100B-c256', 'stream-100B'];

const small = { concurrency: 1, large: false } as const;

export const cases: { readonly [name in CaseName]: Case } = {
  'unary-100B-c1': { ...small, name: 'unary-100B-c1', kind: 'unary' },
  'unary-100B-c32': { ...small, name: 'unary-100B-c32', kind: 'unary', concurrency: 32 },
  'unary-100B-c256': { ...small, name: 'unary-100B-c256', kind: 'unary', concurrency: 256 },
  'unary-10KiB-c32': { name: 'unary-10KiB-c32', kind: 'unary', concurrency: 32, large: true },
  'stream-100B': { ...small, name: 'stream-100B', kind: 'stream' },
  'notify-100B': { ...small, name: 'notify-100B', kind: 'notify' },
  'channel-100B': { ...small, name: 'channel-100B', kind: 'channel' },
};

export function isCaseName(name: string): name is CaseName {
  return caseNames.some((known) => known === name);
}
