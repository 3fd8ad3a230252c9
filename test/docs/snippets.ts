/**
 * What a reader of a page of docs does, in order. A block of `ts`, `jsonc` or `yaml` is a file, named in its first line; a block
 * of `sh` is commands; a block of `text` or `json` is what the program or the commands right before it print, where `…` stands
 * for anything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './page.js';

export type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** The program is the file of this path. `stays` if it is a server, which the block says as `ts server`. */
  | { readonly kind: 'program'; readonly path: string; readonly stays: boolean; readonly prints: readonly string[] }
  /** `stays` if they are for a terminal of their own; `fails` if the last is meant to, which the block says as `sh fails`. */
  | {
      readonly kind: 'commands';
      readonly commands: readonly string[];
      readonly stays: boolean;
      readonly fails: boolean;
      readonly prints: readonly string[] | undefined;
    }
  /** Ctrl-C in the terminal where the command that names `program` runs. */
  | { readonly kind: 'interrupt'; readonly program: string; readonly prints: readonly string[] };

/** Reads a page, with other ports in the place of 7000 to 7099 where they are given. Throws for a block that nobody would run. */
export function stepsOf(page: string, ports: ReadonlyMap<string, number> = new Map()): readonly Step[] {
  const text = textOf(page).replaceAll(PORT, (port) => String(ports.get(port) ?? port));
  const blocks = [...text.matchAll(FENCE)].map(([, language = '', more = '', content = '']) => {
    return { language, more: more.trim(), content };
  });
  const steps: Step[] = [];
  blocks.forEach(({ language, more, content }, at) => {
    const next = blocks[at + 1];
    const prints = next !== undefined && OUTPUT.has(next.language) ? linesOf(next.content) : undefined;
    if (OUTPUT.has(language)) {
      const before = blocks[at - 1];
      if (before === undefined || OUTPUT.has(before.language)) throw new Error(`${page}: nobody prints\n${content}`);
    } else if (language === 'sh') steps.push(commandsOf(page, content, more, prints));
    else if (FILES.has(language)) steps.push(...fileOf(page, content, more, prints));
    else throw new Error(`${page}: nobody runs a block of ${language}:\n${content}`);
  });
  checkUsed(page, steps);
  return steps;
}

/** The ports that a page speaks of. */
export function portsOf(page: string): readonly string[] {
  return [...new Set(textOf(page).match(PORT))];
}

const FENCE = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm;
const PORT = /\b70\d\d\b/g;
const OUTPUT: ReadonlySet<string> = new Set(['text', 'json']);
const FILES: ReadonlySet<string> = new Set(['ts', 'jsonc', 'yaml']);

/** The page without what is made from the code, which its own test compares. */
function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8').replaceAll(/^<!-- ([\w-]+) -->$[\s\S]*?^<!-- \/\1 -->$/gm, '');
}

function linesOf(content: string): readonly string[] {
  return content.replace(/\n$/, '').split('\n');
}

function commandsOf(page: string, content: string, more: string, prints: readonly string[] | undefined): Step {
  const lines = linesOf(content);
  const [, program] = /^# Ctrl-C in the terminal of (\S+)$/.exec(lines[0] ?? '') ?? [];
  if (program !== undefined) return { kind: 'interrupt', program, prints: prints ?? [] };
  const stays = lines[0]?.startsWith('# in a terminal of its own') === true;
  if (stays && prints === undefined) throw new Error(`${page}: nobody knows when it runs:\n${content}`);
  return {
    kind: 'commands',
    commands: lines.filter((line) => !line.startsWith('#')),
    stays,
    fails: more === 'fails',
    prints,
  };
}

function fileOf(page: string, text: string, more: string, prints: readonly string[] | undefined): readonly Step[] {
  const [, path] = /^(?:\/\/|#) ([\w./-]+\.\w+)\n/.exec(text) ?? [];
  if (path === undefined) throw new Error(`${page}: a file begins with its name, "// name.ts":\n${text}`);
  const file: Step = { kind: 'file', path, text };
  if (prints === undefined || !path.endsWith('.ts')) return [file];
  return [file, { kind: 'program', path, stays: more === 'server', prints }];
}

/** A file that no other imports and no command names would only be compiled. */
function checkUsed(page: string, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind !== 'file' || !step.path.endsWith('.ts')) continue;
    const built = `${step.path.replace(/^.*\//, '').replace(/\.ts$/, '')}.js`;
    const used = steps.some((other) => {
      if (other.kind === 'program') return other.path === step.path;
      if (other.kind === 'commands') return other.commands.some((command) => command.includes(built));
      return other.kind === 'file' && other !== step && other.text.includes(`/${built}'`);
    });
    if (!used) throw new Error(`${page}: nobody runs ${step.path}`);
  }
}
