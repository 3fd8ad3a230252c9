/** The program of the page: scenarios in the page itself, or in a worker that it starts. */
import { runScenario, type Scenario } from './scenarios.js';

const inWorker = (url: string, name: Scenario): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js');
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage([url, name], []);
  });

Object.assign(globalThis, { runInPage: runScenario, runInWorker: inWorker });
