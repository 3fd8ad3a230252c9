/** The programs in a page of docs: TypeScript blocks whose first line is `// name.ts`, each with what it prints below it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../package/consumer.js';
import { root } from './page.js';

export interface Snippet {
  /** `server`, of `// server.ts`. */
  readonly name: string;
  readonly code: string;
  readonly prints: readonly string[];
}

export function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, page), 'utf8');
  return text
    .split(/^```ts\n/m)
    .slice(1)
    .map((rest) => {
      const [, code = ''] = /^([\s\S]*?)^```$/m.exec(rest) ?? [];
      const [, name] = /^\/\/ ([\w-]+)\.ts\n/.exec(code) ?? [];
      const [, prints] = /^```text\n([\s\S]*?)\n```$/m.exec(rest) ?? [];
      if (name === undefined || prints === undefined) {
        throw new Error(`${page}: a program begins with "// name.ts" and has a text block with its output:\n${code}`);
      }
      return { name, code, prints: prints.split('\n') };
    });
}

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2023', 'dom'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  rootDir: '.',
  outDir: 'out',
};

/** Compiles the programs into `dist/NAME/out`; rejects with what the compiler says. */
export async function compile(name: string, snippets: readonly Snippet[]): Promise<void> {
  const folder = join(root, 'dist', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const snippet of snippets) writeFileSync(join(folder, `${snippet.name}.ts`), snippet.code);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { code, output } = await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], root);
  if (code !== 0) throw new Error(`the programs don't compile:\n${output}`);
}
