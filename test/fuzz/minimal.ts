/** The smallest input found that still does wrong: frames are left out, then cut, as long as the fault stays. */
import { type Input, inputOf, sizeOf, written } from './input.js';

/** Each try is a process of its own, of a quarter of a second. */
const TRIES = 60;

/** Which of the lines does wrong alone, made smaller; undefined if none does. `wrong` plays one again. */
export async function minimal(
  lines: readonly string[],
  wrong: (line: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const line of [...lines].reverse()) if (await wrong(line)) return written(await smaller(inputOf(line), wrong));
  return undefined;
}

async function smaller(input: Input, wrong: (line: string) => Promise<boolean>): Promise<Input> {
  let best = input;
  let tries = 0;
  const better = async (frames: readonly Uint8Array[]): Promise<boolean> => {
    const candidate = { ...best, frames };
    tries += 1;
    if (tries > TRIES || !(await wrong(written(candidate)))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.frames.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.frames.length && best.frames.length > 1;)
      if (!(await better(best.frames.toSpliced(at, size)))) at += size;
  }
  for (let at = 0; at < best.frames.length; at++) {
    for (
      let keep = Math.floor((best.frames[at]?.length ?? 0) / 2);
      keep >= 6 && sizeOf(best) > 16;
      keep = Math.floor(keep / 2)
    ) {
      const cut = best.frames[at]?.subarray(0, keep) ?? new Uint8Array(0);
      if (!(await better(best.frames.with(at, cut)))) break;
    }
  }
  return best;
}
