/** The program of the worker: runs the scenario that it is told. */
import { runScenario, type Scenario } from './scenarios.js';

globalThis.onmessage = ({ data }: MessageEvent<[url: string, name: Scenario]>) => {
  runScenario(...data).then(
    (result) => globalThis.postMessage(result, {}),
    (error: unknown) => globalThis.reportError(error),
  );
};
