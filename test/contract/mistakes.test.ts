import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const prelude = `
import { channel, type Client, contract, declared, type Handlers, mesh, response, serves, stream, use, lift } from 'millrace';
import { of, map, tap, type Observable } from 'rxjs';
import { z } from 'zod';
const Film = z.object({ id: z.string(), year: z.number() });
const Films = contract('films', { find: response(z.string(), Film), list: stream(z.number(), Film), rate: channel(z.number(), z.number()) },
  { failures: { Gone: declared(z.object({ since: z.number() })) } });
const film = { id: 'a', year: 1 };
declare const films: Client<typeof Films>;
`;

/** What is written by mistake, and what of the compiler's message says so. */
const mistakes: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  'a method is missing': [
    `@serves(Films) class S { find() { return of(film); } list() { return of(film); } }`,
    /Property 'rate' is missing/,
  ],
  'an answer of another type': [
    `@serves(Films) class S { find() { return of({ id: 1, year: 1 }); } list() { return of(film); } rate() { return of(1); } }`,
    /'number' is not assignable to type 'string'/,
  ],
  'a plain value where an answer belongs': [
    `@serves(Films) class S { find() { return film; } list() { return of(film); } rate() { return of(1); } }`,
    /\{ id: string; year: number; \}.* is not assignable to type 'ObservableInput<\{ id: string; year: number; \}>'/s,
  ],
  'a channel taken for one message': [
    `@serves(Films) class S { find() { return of(film); } list() { return of(film); } rate(stars: number) { return of(stars); } }`,
    /'Observable<number>' is not assignable to type 'number'/,
  ],
  'a request of another type': [`films.find(7);`, /'number' is not assignable to parameter of type 'string'/],
  'a method that there is not': [`films.fnid('a');`, /Property 'fnid' does not exist/],
  'a failure without its detail': [
    `throw Films.fail('Gone', { until: 1 });`,
    /'until' does not exist in type '\{ since: number; \}'/,
  ],
  'a failure that there is not': [
    `Films.fail('Lost', {});`,
    /'"Lost"' is not assignable to parameter of type '"Gone"'/,
  ],
  'a word that with() does not know': [
    `films.with({ deadlin: '1 s' });`,
    /'deadlin' does not exist in type 'Overrides'/,
  ],
  'an answer read as another type': [
    `films.find('a').pipe(map(({ title }) => title));`,
    /Property 'title' does not exist on type '\{ id: string; year: number; \}'/,
  ],
};

function compile(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const options = {
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      module: 'nodenext',
      target: 'es2022',
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], (_, output) => resolve(output));
  });
}

describe('what the compiler says', function () {
  this.timeout(60_000);
  let folder = '';
  let output = '';

  before(async () => {
    folder = mkdtempSync(join(root, 'dist', 'mistakes-'));
    const names = Object.entries(mistakes).map(([, [code]], at) => [`m${at}.ts`, `${prelude}${code}\nexport {};\n`]);
    const right = `${prelude}
@serves(Films) class S implements Handlers<typeof Films> {
  @use(lift(() => tap())) find(id: string) { return of({ id, year: 1 }); }
  async *list(count: number) { for (let n = 0; n < count; n++) yield film; }
  rate(stars: Observable<number>) { return stars.pipe(map((n) => n * 2)); }
}
export const app = mesh(S);
`;
    output = await compile(folder, Object.fromEntries([...names, ['right.ts', right]]));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  Object.entries(mistakes).forEach(([what, [, says]], at) => {
    it(`of ${what} names it`, () => {
      const mine = output.split(/\n(?=\S)/).filter((message) => message.includes(`m${at}.ts(`));
      expect(mine.join('\n')).to.match(says);
    });
  });

  it('of a service that keeps its contract is nothing', () => {
    expect(output.split('\n').filter((line) => line.includes('right.ts'))).to.deep.equal([]);
  });
});

describe('the published declarations', () => {
  it('have no any', () => {
    const found = ['framework', 'transports'].flatMap((folder) =>
      readdirSync(join(root, 'dist', folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.d.ts'))
        .flatMap((file) => {
          const text = readFileSync(join(root, 'dist', folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
          return /[:<|&,(]\s*any\b|\bany\[\]/.test(text) ? [file] : [];
        }),
    );
    expect(found).to.deep.equal([]);
  });
});
