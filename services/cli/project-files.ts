/** The files of a new project, by their paths. */
import { readFileSync } from 'node:fs';
import type { ProjectNames } from './project-names.js';

/** The texts of all files, for a project of these names. */
export function projectFiles(names: ProjectNames): Readonly<Record<string, string>> {
  return {
    'package.json': json(packageOf(names)),
    'tsconfig.json': json(TSCONFIG),
    'millrace.yaml': configurationFile(names),
    'src/contract.ts': contractFile(names),
    'src/service.ts': serviceFile(names),
    'src/main.ts': mainFile(names),
    'test/service.test.ts': testFile(names),
    'README.md': readme(names),
    '.gitignore': 'node_modules/\ndist/\n*.log\n.env\n',
  };
}

interface Manifest {
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function packageOf({ name }: ProjectNames): object {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Manifest;
  const tried = (...packages: readonly string[]) =>
    Object.fromEntries(packages.map((each) => [each, `^${own.devDependencies[each] ?? '0'}`]));
  return {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    main: 'dist/src/main.js',
    engines: own.engines,
    scripts: {
      build: 'tsc -p .',
      start: 'node --enable-source-maps dist/src/main.js',
      test: "tsc -p . && mocha --enable-source-maps 'dist/test/**/*.test.js'",
      dev: 'millrace dev',
    },
    dependencies: { millrace: `^${own.version}`, rxjs: own.peerDependencies['rxjs'], ...tried('zod') },
    devDependencies: tried('@types/chai', '@types/mocha', '@types/node', 'chai', 'mocha', 'typescript'),
  };
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023'],
    types: ['node', 'mocha'],
    rootDir: '.',
    outDir: 'dist',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    sourceMap: true,
    skipLibCheck: true,
  },
  include: ['src', 'test'],
};

function json(value: object): string {
  const text = JSON.stringify(value, undefined, 2);
  return `${text.replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, items: string) => `[${items.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

function configurationFile({ service }: ProjectNames): string {
  return `# What is configured, and where each value comes from: npx millrace config
log:
  level: info
${service}:
  greeting: hello
`;
}

function contractFile({ service, contract }: ProjectNames): string {
  return `/** What ${service} is asked and what it answers: all that a caller imports. */
import { contract, response, stream } from 'millrace';
import { z } from 'zod';

export const Greet = z.object({ name: z.string().min(1) });
export const Count = z.object({ to: z.number().int().nonnegative() });

export const ${contract} = contract('${service}', {
  greet: response(Greet, z.object({ text: z.string() }), { about: 'Greets somebody by name.', idempotent: true }),
  count: stream(Count, z.number().int(), { about: 'Counts from 1, as fast as the caller reads.' }),
});
`;
}

function serviceFile({ service, contract, class: name }: ProjectNames): string {
  return `/** Serves ${service}. */
import { type Handlers, param, serves, setting, text } from 'millrace';
import { of } from 'rxjs';
import type { z } from 'zod';
import { type Count, type Greet, ${contract} } from './contract.js';

export const Greeting = param('${service}.greeting', 'hello', text, 'What stands before the name of who is greeted.');

@serves(${contract})
export class ${name} implements Handlers<typeof ${contract}> {
  constructor(@setting(Greeting) private readonly greeting: string) {}

  greet({ name }: z.infer<typeof Greet>) {
    return of({ text: \`\${this.greeting}, \${name}\` });
  }

  *count({ to }: z.infer<typeof Count>) {
    for (let n = 1; n <= to; n++) yield n;
  }
}
`;
}

function mainFile({ class: name }: ProjectNames): string {
  return `import { mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { ${name} } from './service.js';

const port = Number(process.env['PORT'] ?? 7001);

await mesh(${name}).over(tcp({ port })).run();
`;
}

function testFile({ service, contract, class: name }: ProjectNames): string {
  return `import { expect } from 'chai';
import { addresses, type App, isMeshError, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { ${contract} } from '../src/contract.js';
import { ${name} } from '../src/service.js';

describe('${service}', () => {
  let service: App;
  let caller: App;

  before(async () => {
    const quiet = { 'log.level': 'silent' };
    service = await mesh(${name})
      .over(tcp({ port: 0 }))
      .configure({ ...quiet, '${service}.greeting': 'good day' })
      .start();
    caller = await mesh()
      .over(tcp())
      .in(addresses(...service.addresses))
      .configure(quiet)
      .start();
  });

  after(async () => {
    await caller.stop();
    await service.stop();
  });

  it('greets by name', async () => {
    const { text } = await firstValueFrom(caller.client(${contract}).greet({ name: 'Ada' }));
    expect(text).to.equal('good day, Ada');
  });

  it('refuses an empty name', async () => {
    const error: unknown = await firstValueFrom(caller.client(${contract}).greet({ name: '' })).catch((why) => why);
    expect(isMeshError(error, 'Invalid')).to.equal(true);
  });

  it('counts only as far as the caller reads', async () => {
    const read: number[] = [];
    for await (const number of caller.client(${contract}).count({ to: 1_000_000_000 })) {
      if (read.push(number) === 3) break;
    }
    expect(read).to.deep.equal([1, 2, 3]);
  });
});
`;
}

function readme({ name, service }: ProjectNames): string {
  return `# ${name}

A service on [Millrace](https://www.npmjs.com/package/millrace).

\`\`\`sh
npm install
npm run dev      # compiles while you write, and restarts at each success
npm test         # compiles and runs the tests
npm run build && npm start
\`\`\`

It serves \`tcp://127.0.0.1:7001\`; the variable PORT names another port.

\`\`\`sh
npx millrace describe
npx millrace call ${service}.greet '{"name":"Ada"}'
npx millrace call ${service}.count '{"to":1000000}' --take 5
npx millrace config
\`\`\`

- \`src/contract.ts\`: what it is asked and what it answers; all that a caller imports
- \`src/service.ts\`: the class that serves it
- \`src/main.ts\`: the wires at which it is called
- \`millrace.yaml\`: what is configured
`;
}
