/** Values of params in variables of the environment. */
import type { Finding } from './config-faults.js';
import { FILE_VARIABLE, type Names, VARIABLES } from './config-names.js';

/** The values of params in an environment; of its other variables those that begin with `MILLRACE_` are faults. */
export function findingsInEnvironment(names: Names, env: Readonly<Record<string, string | undefined>>): Finding[] {
  return Object.keys(env)
    .filter((variable) => variable.startsWith(VARIABLES) && variable !== FILE_VARIABLE)
    .toSorted()
    .flatMap((variable): Finding[] => {
      const value = env[variable];
      const param = names.ofVariable(variable);
      if (value === undefined) return [];
      if (param !== undefined) return [{ param, value, from: `environment ${variable}` }];
      return isServiceLink(variable, value) ? [] : [names.unknownVariable(variable)];
    });
}

/** Kubernetes puts such variables into each container of a namespace that has a service called millrace or millrace-…. */
function isServiceLink(variable: string, value: string): boolean {
  if (/_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(variable))
    return true;
  return variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value);
}
