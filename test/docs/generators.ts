/** What makes each of the generated pages. */
import { generate as cli } from './cli.js';
import { generate as errors } from './errors.js';
import { generate as interop } from './interop.js';
import { generate as limits } from './limits.js';
import { generate as musts } from './musts.js';
import { operatorsPage, operatorsPath } from './operators.js';
import type { Page } from './page.js';
import { generate as params } from './params.js';

const operators = async (): Promise<Page> => ({ file: operatorsPath, text: await operatorsPage() });

export const generators: Readonly<Record<string, () => Promise<Page>>> = {
  cli,
  errors,
  interop,
  limits,
  musts,
  operators,
  params,
};
