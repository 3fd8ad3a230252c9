/** What a peer that is fuzzed says: frames, and a number from which comes how they are cut and what happens in between. */

export interface Input {
  readonly frames: readonly Uint8Array[];
  /** Seeds the choices of whoever plays it: sizes of chunks, pauses, when the pipe is cut. */
  readonly shape: number;
}

/** In one line that {@link inputOf} reads again. */
export function written({ frames, shape }: Input): string {
  return `${shape}:${frames.map((frame) => Buffer.from(frame).toString('hex')).join(',')}`;
}

export function inputOf(line: string): Input {
  const at = line.indexOf(':');
  const frames = line.slice(at + 1).split(',');
  return {
    shape: Number(line.slice(0, at)),
    frames: frames.map((frame) => Uint8Array.from(Buffer.from(frame, 'hex'))),
  };
}

export function sizeOf({ frames }: Input): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}
