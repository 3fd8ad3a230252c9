/** The hook before registrations: who may register, and as what. */
import { type Instance, isMeshError, keyOf, type MeshError, meshError } from '../../framework/index.js';

/**
 * Looks at an instance before it is taken: returns it, or another of the same application and id in its place, or throws what its
 * registrant is to hear. What is thrown and is no MeshError becomes Denied, with its message.
 */
export type Admit = (instance: Instance) => Instance;

/** The instance as the hook, if there is one, lets it in. */
export function admitted(given: Instance, admit: Admit | undefined): Instance {
  if (admit === undefined) return given;
  const taken = asked(given, admit);
  if (keyOf(taken) === keyOf(given)) return taken;
  throw denied(
    `${keyOf(given)} became ${keyOf(taken)} before it was registered: an instance keeps its application and id`,
  );
}

function asked(given: Instance, admit: Admit): Instance {
  try {
    return admit(given);
  } catch (cause) {
    if (isMeshError(cause)) throw cause;
    throw denied(`${keyOf(given)} may not register: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function denied(message: string, cause?: unknown): MeshError {
  return meshError('Denied', message, { code: 'MILLRACE_REGISTRY_DENIED', cause });
}
