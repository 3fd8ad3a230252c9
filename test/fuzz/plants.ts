/** Bugs that are put into a copy of the code, to see that the fuzzer finds them. */

export interface Plant {
  readonly name: string;
  readonly target: string;
  /** The compiled file. */
  readonly file: string;
  /** What it says with the bug in it. */
  bug(code: string): string;
  /** How the fault is told. */
  readonly says: RegExp;
}

export const plants: readonly Plant[] = [
  {
    name: "a SETUP whose MIME type's length is trusted",
    target: 'codec',
    ...planted('setup.js', 'at >= end || at + 1 + length > end', 'at >= end'),
    says: /read past the end|RangeError/,
  },
  {
    name: 'items of fragments that may grow without bound',
    target: 'server-plain',
    ...planted(
      'reassembler.js',
      '{ reassembly, reassemblies } = this.limits',
      '[reassembly, reassemblies] = [NaN, NaN]',
    ),
    says: /bytes of unfinished items are held|bytes reached a handler/,
  },
  {
    name: 'an exception that an odd LEASE makes',
    target: 'client-leased',
    ...planted('lease.js', 'data.length < 8 ?', 'new DataView(data.buffer, data.byteOffset + 4, 4) === undefined ?'),
    says: /RangeError/,
  },
];

/** One expression in a file of the transport replaced by another. */
function planted(file: string, right: string, wrong: string): Pick<Plant, 'file' | 'bug'> {
  return {
    file: `dist/transports/rsocket/${file}`,
    bug(code) {
      if (!code.includes(right)) throw new Error(`${file} does not say ${right}`);
      return code.replace(right, wrong);
    },
  };
}
