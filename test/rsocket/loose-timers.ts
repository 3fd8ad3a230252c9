/** rsocket-js leaves keep-alive timers behind when it is closed; they must not hold the test run. */

/** Called in a `describe`: no timer that is set during its tests keeps the process alive. */
export function letTimersGo(): void {
  const { setTimeout: timeout, setInterval: interval } = globalThis;
  before(() => {
    const loose = { setTimeout: (...args: Parameters<typeof timeout>) => timeout(...args).unref() };
    Object.assign(globalThis, loose, {
      setInterval: (...args: Parameters<typeof interval>) => interval(...args).unref(),
    });
  });
  after(() => {
    Object.assign(globalThis, { setTimeout: timeout, setInterval: interval });
  });
}
