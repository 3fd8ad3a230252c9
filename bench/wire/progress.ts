// The line on stderr that says how far a run is; one line a step where stderr is no terminal.

export interface Progress {
  (step: string): void;
  end(): void;
}

export function progress(steps: number): Progress {
  const started = performance.now();
  const { isTTY } = process.stderr;
  let taken = 0;
  const say = (step: string) => {
    taken += 1;
    const elapsed = ((performance.now() - started) / 1e3).toFixed(0);
    const line = `[${taken}/${steps}, ${elapsed} s] ${step}`;
    process.stderr.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  return Object.assign(say, {
    end: () => {
      if (isTTY) process.stderr.write('\r\x1b[K');
    },
  });
}
