/** Who may import whom, and that nobody imports itself in a circle. */
import { posix } from 'node:path';
import type { Import, Source } from './source.js';

interface Area {
  /** Files of this area, as a pattern of the path. The first area that matches counts. */
  readonly files: RegExp;
  /** What they may import: paths in the repository and names of packages. `$1` is the first group of `files`. */
  readonly may: readonly string[];
  readonly rule: string;
}

const publicNames = ['millrace', 'millrace/[^ ]+'];
const anything = '.+';
const packages = '(?!\\.|framework/|transports/|services/|examples/|bench/|test/|node:).+';

/** The drivers that one transport may load, and what they need: nobody else sees them. */
const drivers: Readonly<Record<string, readonly string[]>> = {
  rsocket: ['ws', '@peculiar/x509', 'reflect-metadata', 'rsocket-core'],
};

/** What one folder may import beside what its siblings do, and why. */
interface Extra {
  readonly folder: string;
  readonly may: readonly string[];
  readonly because: string;
}

const frameworkExtras: readonly Extra[] = [
  {
    folder: 'contract',
    may: ['secure-json-parse', '@standard-schema/spec'],
    because: 'the JSON codec meets hostile texts, and schemas come from any library that keeps the standard',
  },
  {
    folder: 'app',
    may: ['tsyringe', 'reflect-metadata', 'yaml', 'secure-json-parse', 'pino', '@opentelemetry/api'],
    because: 'the app joins container, configuration, log and traces, so that nothing below it knows them',
  },
  {
    folder: 'discovery',
    may: ['valibot'],
    because: 'what a registry is told comes from anybody, and is read by a schema',
  },
  {
    folder: 'msgpack',
    may: ['msgpackr'],
    because: 'an optional peer is loaded by who imports millrace/msgpack and by nobody else',
  },
  {
    folder: 'observe',
    may: ['valibot'],
    because: 'what an instance says of its meters comes from anybody, and is read by a schema',
  },
  {
    folder: 'testing',
    may: ['transports/rsocket/index\\.ts'],
    because: 'the mesh that it simulates speaks the real protocol',
  },
];

const serviceExtras: readonly Extra[] = [
  { folder: 'cli', may: ['commander'], because: 'only the command line reads arguments' },
  {
    folder: 'registry',
    may: ['commander', 'fast-xml-parser', 'secure-json-parse', 'valibot'],
    because:
      "it reads arguments, Eureka's two formats as anybody sends them, and what other registries say by a schema",
  },
];

const framework = ['framework/$1/.+', 'framework/[^/]+/index\\.ts', 'rxjs', 'node:.+'];
const service = ['services/$1/.+', 'services/[^/]+/contract\\.ts', 'framework/index\\.ts', 'rxjs', 'node:.+'];
const serviceMain = [...service, 'transports/[^/]+/index\\.ts'];

const areas: readonly Area[] = [
  {
    files: /^framework\/core\//,
    may: ['framework/core/[^/]+', 'rxjs'],
    rule: 'framework/core imports rxjs and its own files only: the kernel runs anywhere and depends on nothing above it',
  },
  {
    files: /^framework\/(?:index|kernel)\.ts$/,
    may: ['framework/[^/]+/index\\.ts'],
    rule: "framework/index.ts and kernel.ts gather the folders' index.ts: a folder decides itself what is public",
  },
  ...frameworkExtras.map(({ folder, may, because }): Area => ({
    files: new RegExp(`^framework/(${folder})/`),
    may: [...framework, ...may],
    rule: `framework/${folder} imports the kernel, other folders through their index.ts, and ${listed(may)}: ${because}`,
  })),
  {
    files: /^framework\/([^/]+)\//,
    may: framework,
    rule: 'a framework folder imports the kernel and other folders through their index.ts: so that each can change inside',
  },
  ...Object.entries(drivers).map(([name, driver]): Area => ({
    files: new RegExp(`^transports/(${name})/`),
    may: [`transports/${name}/.+`, 'framework/kernel\\.ts', 'rxjs', 'node:.+', ...driver],
    rule: `transports/${name} imports framework/kernel.ts, node: modules and its driver: a transport loads nothing of the application, and runs without one`,
  })),
  {
    files: /^transports\/([^/]+)\//,
    may: ['transports/$1/.+', 'framework/kernel\\.ts', 'rxjs', 'node:.+'],
    rule: 'a transport imports framework/kernel.ts, node: modules and its driver: a transport loads nothing of the application, and runs without one',
  },
  ...serviceExtras.flatMap(({ folder, may, because }): Area[] => [
    {
      files: new RegExp(`^services/(${folder})/main\\.ts$`),
      may: [...serviceMain, ...may],
      rule: `services/${folder}/main.ts imports what any main.ts does, and ${listed(may)}: ${because}`,
    },
    {
      files: new RegExp(`^services/(${folder})/`),
      may: [...service, ...may],
      rule: `services/${folder} imports what any service does, and ${listed(may)}: ${because}`,
    },
  ]),
  {
    files: /^services\/([^/]+)\/main\.ts$/,
    may: serviceMain,
    rule: "a service's main.ts joins it with transports, and sees other services by contract.ts: so that it can run apart",
  },
  {
    files: /^services\/([^/]+)\//,
    may: service,
    rule: "a service imports framework/index.ts and others' contract.ts: transports belong in main.ts, other services behind the wire",
  },
  {
    files: /^(examples|bench)\//,
    may: ['$1/.+', ...publicNames, packages, 'node:.+'],
    rule: 'examples and bench import Millrace by its public name: they show and measure what a user has',
  },
  { files: /^test\//, may: [anything], rule: 'tests import anything' },
];

/** Names of packages and files, as a rule's text shows them. */
function listed(may: readonly string[]): string {
  return may.map((each) => each.replaceAll('\\', '')).join(', ');
}

/** The path in the repository, or the package, that an import means. */
export function targetOf(source: Source, { name }: Import): string | undefined {
  if (name === undefined || !name.startsWith('.')) return name;
  return posix.join(posix.dirname(source.path), name).replace(/\.js$/, '.ts');
}

/** A message for each import that the rules don't allow. */
export function forbiddenImports(source: Source): string[] {
  const area = areas.find(({ files }) => files.test(source.path));
  if (area === undefined)
    return [`${source.path}: this folder has no rule in test/architecture/imports.ts: each has its place`];
  const part = area.files.exec(source.path)?.[1] ?? '';
  const allowed = area.may.map((pattern) => new RegExp(`^${pattern.replace('$1', part)}$`));
  return source.imports.flatMap((found) => {
    const target = targetOf(source, found);
    if (target === undefined && area.may.includes(anything)) return [];
    if (target !== undefined && allowed.some((pattern) => pattern.test(target))) return [];
    return [`${source.path}:${found.line} imports ${found.name ?? 'a computed name'}; ${area.rule}`];
  });
}

/** A message for each group of files that import each other in a circle; types count. */
export function importCycles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map((source) => [source.path, source.imports.map((found) => targetOf(source, found))]));
  const done = new Set<string>();
  const messages: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      const circle = [...trail.slice(start), path].join(' → ');
      messages.push(
        `${circle}: no import cycles, types included: files in a circle can only be understood and loaded as one`,
      );
    } else if (!done.has(path)) {
      for (const next of edges.get(path) ?? [])
        if (next !== undefined && edges.has(next)) visit(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of edges.keys()) visit(path, []);
  return messages;
}

/** A message for each import by which a browser that loads `entry` would reach a module that only Node has. */
export function nodeOnlyImports(sources: readonly Source[], entry: string): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const messages: string[] = [];
  const visit = (path: string): void => {
    const source = byPath.get(path);
    if (source === undefined || seen.has(path)) return;
    seen.add(path);
    for (const found of source.imports.filter(({ typeOnly }) => !typeOnly)) {
      const target = targetOf(source, found);
      if (target === 'ws' || target?.startsWith('node:')) {
        messages.push(
          `${path}:${found.line} imports ${target}; ${entry} leads there, and a browser has no such module`,
        );
      } else if (target !== undefined) visit(target);
    }
  };
  visit(entry);
  return messages;
}
