/** Applications of a suite: each is stopped after the test that started it, and what fails is told as it is. */
import { type App, isMeshError, type Mesh, type MeshError } from 'millrace';

/** Starts applications that log nothing unless their plan says where; the last started is stopped first. */
export function applications(): (plan: Mesh) => Promise<App> {
  const started: App[] = [];
  afterEach(async () => {
    for (const app of started.splice(0).toReversed()) await app.stop();
  });
  return async (plan) => {
    const app = await quiet(plan).start();
    started.push(app);
    return app;
  };
}

/** The same plan, with a log that goes nowhere if it says no other. */
export function quiet(plan: Mesh): Mesh {
  return plan.blueprint.log.to === undefined ? plan.log({ to: { write: () => undefined } }) : plan;
}

/** The error with which a promise rejects. */
export async function failure(work: PromiseLike<unknown>): Promise<MeshError> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    if (isMeshError(error)) return error;
    throw error;
  }
  throw new Error(`nothing failed: ${String(result)}`);
}

/** The error that plain code throws. */
export function thrown(work: () => unknown): Promise<MeshError> {
  return failure(Promise.resolve().then(work));
}
