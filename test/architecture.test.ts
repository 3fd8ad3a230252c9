import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { banned, tooLong } from './architecture/bans.js';
import { forbiddenImports, importCycles, nodeOnlyImports } from './architecture/imports.js';
import { parseSource, type Source } from './architecture/source.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('architecture', () => {
  const sources = ['framework', 'transports', 'services', 'examples', 'bench', 'test'].flatMap(sourcesIn);

  it('reads the sources', () => {
    expect(sources.map(({ path }) => path)).to.include('framework/core/clock.ts');
  });

  it('imports only what the place of a file allows', () => {
    expectNone(sources.flatMap(forbiddenImports));
  });

  it('has no import cycles', () => {
    expectNone(importCycles(sources));
  });

  it('leads a browser to nothing that only Node has', () => {
    for (const entry of ['framework/kernel.ts', 'transports/rsocket/browser.ts'])
      expectNone(nodeOnlyImports(sources, entry));
  });

  it('keeps time, chance, console and untyped values in the files that own them', () => {
    expectNone(sources.flatMap(banned));
  });

  it('has no file past 400 lines without a reason', () => {
    expectNone(sources.flatMap(tooLong));
  });
});

describe('architecture rules', () => {
  const imports = (path: string, text: string) => forbiddenImports(parseSource(path, text));
  const bans = (path: string, text: string) => banned(parseSource(path, text));

  const refused: readonly (readonly [string, string, string])[] = [
    ['the kernel importing Node', 'framework/core/gate.ts', "import { a } from 'node:net';"],
    [
      'the kernel importing a folder above it',
      'framework/core/gate.ts',
      "import type { a } from '../demand/index.js';",
    ],
    ['a folder reaching into another', 'framework/demand/pull.ts', "export * from '../core/gate.js';"],
    ['a folder importing a driver', 'framework/demand/pull.ts', "const a = await import('ws');"],
    ['a folder importing a transport', 'framework/app/mesh.ts', "import '../../transports/rsocket/index.js';"],
    [
      'a transport reaching into the framework',
      'transports/rsocket/tcp.ts',
      "import {\n  a,\n} from '../../framework/core/index.js';",
    ],
    ['a transport importing another', 'transports/http/a.ts', "import { a } from '../rsocket/index.js';"],
    ['a transport importing a driver of another', 'transports/http/a.ts', "const ws = require('ws');"],
    ['a transport importing a computed name', 'transports/rsocket/a.ts', 'await import(driver);'],
    [
      'a service importing a transport',
      'services/edge/service.ts',
      "import { a } from '../../transports/rsocket/index.js';",
    ],
    ['a service reaching into another', 'services/edge/main.ts', "import { a } from '../registry/service.js';"],
    ['an example reaching inside', 'examples/river/main.ts', "import { a } from '../../framework/index.js';"],
    [
      'a folder importing a library of another',
      'framework/demand/pull.ts',
      "import { parse } from 'secure-json-parse';",
    ],
    ['contracts importing the container', 'framework/contract/client.ts', "import { injectable } from 'tsyringe';"],
    ['the app importing MessagePack', 'framework/app/app.ts', "import { Packr } from 'msgpackr';"],
    ['MessagePack importing another library', 'framework/msgpack/a.ts', "import { parse } from 'secure-json-parse';"],
    [
      'what tests are made with reaching into a transport',
      'framework/testing/a.ts',
      "import { a } from '../../transports/rsocket/frame.js';",
    ],
    ['a service reading arguments', 'services/edge/main.ts', "import { Command } from 'commander';"],
    ['the gathering file reaching into a folder', 'framework/kernel.ts', "export * from './core/gate.js';"],
    ['a folder without a rule', 'tools/a.ts', ''],
  ];
  for (const [what, path, text] of refused) {
    it(`refuse ${what}`, () => {
      expect(imports(path, text)).to.have.length(1);
    });
  }

  it('say where, what and why', () => {
    const [message] = imports(
      'framework/core/gate.ts',
      "import { Observable } from 'rxjs';\nimport net from 'node:net';\n",
    );
    expect(message).to.match(
      /^framework\/core\/gate\.ts:2 imports node:net; framework\/core imports rxjs .*: the kernel runs anywhere/,
    );
  });

  const allowed: readonly (readonly [string, string, string])[] = [
    ['the kernel importing rxjs', 'framework/core/gate.ts', "import { Observable } from 'rxjs';"],
    ['a folder importing the kernel by its index', 'framework/demand/pull.ts', "import { a } from '../core/index.js';"],
    [
      'a transport importing its driver',
      'transports/rsocket/websocket.ts',
      "const { WebSocket } = await import('ws');",
    ],
    [
      'contracts importing their libraries',
      'framework/contract/json.ts',
      "import { parse } from 'secure-json-parse';\nimport type { StandardSchemaV1 } from '@standard-schema/spec';",
    ],
    [
      'the app importing its libraries',
      'framework/app/app.ts',
      "import 'reflect-metadata';\nimport { container } from 'tsyringe';\nimport { pino } from 'pino';",
    ],
    ['MessagePack importing its library', 'framework/msgpack/msgpack.ts', "import { Packr } from 'msgpackr';"],
    [
      'what tests are made with importing the protocol',
      'framework/testing/mesh.ts',
      "import { connect } from '../../transports/rsocket/index.js';",
    ],
    [
      'the command line reading arguments',
      'services/cli/main.ts',
      "import { Command } from 'commander';\nimport { tcp } from '../../transports/rsocket/index.js';",
    ],
    ['the gathering file of browsers', 'framework/kernel.ts', "export * from './core/index.js';"],
    ['a main importing a transport', 'services/edge/main.ts', "import { a } from '../../transports/rsocket/index.js';"],
    ['an example importing the public name', 'examples/river/main.ts', "import { a } from 'millrace/rsocket';"],
    [
      'names in comments and strings',
      'framework/core/a.ts',
      '// import "ws"\nconst a = `import "ws"`; Array.from("ws");',
    ],
  ];
  for (const [what, path, text] of allowed) {
    it(`allow ${what}`, () => {
      expectNone(imports(path, text));
    });
  }

  it('find a cycle through types', () => {
    const a = parseSource('framework/core/a.ts', "import type { B } from './b.js';");
    const b = parseSource('framework/core/b.ts', "export * from './c.js';");
    const c = parseSource('framework/core/c.ts', "type A = import('./a.js').A;");
    expect(importCycles([a, b, c])).to.have.length(1);
    expect(importCycles([a, b])).to.have.length(0);
  });

  it('find a Node module behind a browser entry, but not behind a type', () => {
    const entry = parseSource('browser.ts', "import { a } from './a.js';\nimport type { b } from './b.js';");
    const a = parseSource('a.ts', "import { connect } from 'node:net';");
    const b = parseSource('b.ts', "import { WebSocket } from 'ws';");
    expect(nodeOnlyImports([entry, a, b], 'browser.ts')).to.have.length(1);
  });

  const forbidden = [
    'const now = Date.now();',
    'const now = new Date();',
    'const now = performance.now();',
    'const now = process.hrtime.bigint();',
    'setTimeout(work, 5);',
    'const id = globalThis.setInterval(work, 5);',
    'setImmediate(work);',
    'of(1, asyncScheduler);',
    'const a = `${Math.random()}`;',
    'console.error(a);',
    'const a: any = 1;',
    'const a = (b as any).c;',
    'const a = new Map<string, any>();',
    'const a = b!.c;',
    'const a = list[0]!;',
    'const a = b as unknown as C;',
  ];
  for (const text of forbidden) {
    it(`refuse ${text}`, () => {
      expect(bans('framework/demand/a.ts', text)).to.have.length(1);
    });
  }

  const harmless = [
    '// setTimeout and any',
    '/** console.log(1)! */',
    "const a = 'Date.now()!';",
    'const a = `console ${b} any!`;',
    'const a = /Math.random!/.test(b);',
    'socket.setTimeout(5);',
    'const a = await Promise.any(list);',
    'const a = b !== c && !d;',
    'const a = /[/]!/;',
  ];
  for (const text of harmless) {
    it(`allow ${text}`, () => {
      expectNone(bans('framework/demand/a.ts', text));
    });
  }

  it('leave time to tests and to the owner', () => {
    expectNone(bans('test/unit/a.test.ts', 'setTimeout(work, 5);'));
    expectNone(bans('framework/core/clock.ts', 'setTimeout(work, Date.now());'));
  });

  it('count lines', () => {
    expect(tooLong(parseSource('framework/core/a.ts', 'a;\n'.repeat(401)))).to.have.length(1);
    expectNone(tooLong(parseSource('framework/core/a.ts', 'a;\n'.repeat(400))));
  });
});

function sourcesIn(folder: string): Source[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.split(sep).join('/')}`)
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

function expectNone(messages: readonly string[]): void {
  if (messages.length > 0) expect.fail(`${messages.length} found:\n${messages.join('\n')}`);
}
