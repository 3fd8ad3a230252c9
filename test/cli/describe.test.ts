import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { contract, describeContract, type JsonSchema, response, type App } from 'millrace';
import { z } from 'zod';
import { laidOut } from '../../services/cli/layout.js';
import { typeLayout } from '../../services/cli/type-text.js';
import { startCatalog } from './catalog.js';
import { cli, remove, temporaryFolder } from './cli.js';

describe('millrace describe', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  let app: App;
  let at = '';

  before(async () => {
    ({ app } = await startCatalog());
    at = app.addresses[0] ?? '';
  });
  after(async () => {
    await app.stop();
    remove(folder);
  });

  const describeIt = (...words: readonly string[]) => cli(['describe', ...words], { folder, env: { MILLRACE_AT: at } });

  it('says what there is, as people write types', async () => {
    const { status, out } = await describeIt();
    expect(status).to.equal(0);
    expect(out.split('\n')).to.include.members([
      `films  ${app.addresses.join('  ')}  node ${process.versions.node}`,
      'catalog 2.1  Films.',
      '  title    response  { id: string } → { id: string; name: string }',
      '                     A title by its id. (idempotent, deadline 20 s)',
      '  numbers  stream    { from: integer } → integer…',
      '  sum      channel   { n: number }… → number…',
      '  viewed   notify    { id: string }',
      '    NotFound  { id: string }  HTTP 404',
    ]);
    expect(out).to.match(/\nfilters\n {2}all: trace → /);
  });

  it('gives the whole description as JSON', async () => {
    const { out } = await describeIt(at, '-o', 'json');
    expect(JSON.parse(out)).to.deep.equal(JSON.parse(JSON.stringify(app.describe())));
  });

  it('stores the description, and finds that nothing has changed', async () => {
    const saved = await describeIt(at, '--save', 'was.json');
    expect(saved).to.deep.equal({ status: 0, out: '', err: '' });
    const same = await describeIt(at, '--check', 'was.json');
    expect(same).to.deep.equal({ status: 0, out: 'nothing breaks a caller of was.json\n', err: '' });
  });

  it('fails with what would break a caller of the older, and then stores nothing', async () => {
    await describeIt(at, '--save', 'older.json');
    const file = join(folder, 'older.json');
    const text = readFileSync(file, 'utf8');
    const older = JSON.parse(text) as { contracts: { version: string; methods: Record<string, unknown> }[] };
    const [catalog] = older.contracts;
    if (catalog !== undefined) {
      catalog.version = '1.9';
      catalog.methods['gone'] = catalog.methods['title'];
    }
    const other = describeContract(contract('other', { ask: response(z.string(), z.string()) }));
    writeFileSync(file, JSON.stringify({ ...older, contracts: [...older.contracts, other] }));
    const { status, out } = await describeIt(at, '--check', 'older.json', '--save', 'newer.json');
    expect(out.split('\n')).to.deep.equal([
      '3 would break a caller of older.json:',
      '  catalog is version 2.1, and refuses callers of 1',
      '  catalog.gone is gone',
      '  other is gone',
      '',
    ]);
    expect(status).to.equal(1);
    const listed = await describeIt(at, '--check', 'older.json', '-o', 'json');
    expect(JSON.parse(listed.out)).to.have.length(3);
    expect((await describeIt(at, '--check', 'newer.json')).err).to.match(/newer\.json could not be read: ENOENT/);
  });

  it('compares with a contract that is stored alone', async () => {
    const title = app.describe().contracts.find(({ name }) => name === 'catalog');
    writeFileSync(join(folder, 'catalog.json'), JSON.stringify(title));
    expect((await describeIt(at, '--check', 'catalog.json')).status).to.equal(0);
  });

  it('refuses a file that holds no description', async () => {
    writeFileSync(join(folder, 'list.json'), '[]');
    const { status, err } = await describeIt(at, '--check', 'list.json');
    expect(err).to.equal('error: list.json holds no description; --save writes one\n');
    expect(status).to.equal(1);
  });

  it('says that nobody listens', async () => {
    const { status, err } = await describeIt('tcp://127.0.0.1:1');
    expect(err).to.match(/^Unavailable \(MILLRACE_UNAVAILABLE\): .*ECONNREFUSED/);
    expect(status).to.equal(1);
  });

  it('refuses an address that is none', async () => {
    const { status, err } = await describeIt('films');
    expect(err).to.match(/'films' is not an address such as/);
    expect(status).to.equal(2);
  });
});

describe('a JSON Schema as a type', () => {
  const types: readonly (readonly [JsonSchema, string])[] = [
    [true, 'unknown'],
    [false, 'never'],
    [{}, 'unknown'],
    [{ $comment: 'no schema' }, 'unknown'],
    [{ type: 'integer', minimum: 0 }, 'integer'],
    [{ type: 'string', format: 'date-time' }, 'string /* date-time */'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ const: 'a' }, '"a"'],
    [{ type: 'object' }, 'object'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [name: string]: number }'],
    [
      { type: 'object', properties: { a: { type: 'string' }, 'b c': true }, required: ['a'] },
      '{ a: string; "b c"?: unknown }',
    ],
    [{ type: 'array', items: { type: 'string' } }, 'string[]'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '(string | null)[]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } }, '[string, ...number[]]'],
    [{ allOf: [{ type: 'string' }, { const: 'a' }] }, 'string & "a"'],
    [{ $ref: '#/$defs/T', $defs: { T: { type: 'string' } } }, 'string'],
    [
      { $ref: '#/$defs/T', $defs: { T: { type: 'object', properties: { next: { $ref: '#/$defs/T' } } } } },
      '{ next?: T }',
    ],
    [{ $ref: 'https://example.org/T' }, 'T'],
  ];
  const plain = { columns: 80, paint: (_: unknown, text: string) => text };
  for (const [schema, type] of types) {
    it(`reads ${JSON.stringify(schema)} as ${type}`, () => {
      expect(laidOut(typeLayout(schema), plain)).to.equal(type);
    });
  }

  it('goes over several lines where it is too long for one', () => {
    const schema = { type: 'object', properties: { first: { type: 'string' }, second: { type: 'string' } } };
    expect(laidOut(typeLayout(schema), { ...plain, columns: 20 })).to.equal(
      '{\n  first?: string;\n  second?: string\n}',
    );
  });

  it('survives a schema that refers to itself', () => {
    const schema = { $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } }, $ref: '#/$defs/A' };
    expect(laidOut(typeLayout(schema), plain)).to.equal('A');
  });
});
