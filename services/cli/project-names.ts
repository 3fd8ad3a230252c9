/** What the parts of a new project are called. */
import { UsageError } from './status.js';

export interface ProjectNames {
  /** Of the package: `shop-catalog`. */
  readonly name: string;
  /** Of the contract, as callers write it: the name. */
  readonly service: string;
  /** Of the contract's value: `ShopCatalog`. */
  readonly contract: string;
  /** Of the class that serves it: `ShopCatalogService`. */
  readonly class: string;
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const LONGEST = 64;
/** Packages that the project depends on, and the contract that each application serves already. */
const TAKEN: ReadonlySet<string> = new Set(['millrace', 'rxjs', 'zod', 'typescript', 'mocha', 'chai', 'node-modules']);
/** What the project's files import beside the contract. */
const IMPORTED: ReadonlySet<string> = new Set(['App', 'Handlers', 'Greeting', 'Greet', 'Count']);

/** Throws where a project can't be called so, and says how instead. */
export function checkName(name: string): void {
  if (TAKEN.has(name)) throw new UsageError(`a project can't be called ${name}, as a package is that it needs`);
  if (name.length <= LONGEST && NAME.test(name)) return;
  const better = suggestionFor(name);
  const hint = better === '' || TAKEN.has(better) ? 'take one such as orders or shop-catalog' : `take ${better}`;
  const length = name.length > LONGEST ? ` of at most ${LONGEST} characters` : '';
  throw new UsageError(
    `'${name.slice(0, 100)}' is not a name of lower case letters, digits and dashes${length}: ${hint}`,
  );
}

export function namesOf(name: string): ProjectNames {
  const words = name.split('-');
  const kept = words.length > 1 && words.at(-1) === 'service' ? words.slice(0, -1) : words;
  const pascal = kept.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  const taken = pascal in globalThis || IMPORTED.has(pascal);
  return { name, service: kept.join('-'), contract: taken ? `${pascal}Contract` : pascal, class: `${pascal}Service` };
}

/** The nearest name that is one; empty if nothing is left of it. */
function suggestionFor(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const joined = words
    .join('-')
    .replace(/^[0-9-]+/, '')
    .slice(0, LONGEST)
    .replace(/-$/, '');
  return NAME.test(joined) ? joined : '';
}
