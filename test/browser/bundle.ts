/** Programs for a browser, each bundled into one text. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles `dist/ENTRY`. Rejects if it reaches a module of Node. */
export async function bundle(entry: string, format: 'esm' | 'iife' = 'iife'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${dist}${entry}`],
    bundle: true,
    minify: true,
    format,
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}
