/** `millrace registry`: the registry's own program, with the words that follow. */
import { fileURLToPath } from 'node:url';
import { runChild } from './child.js';
import { environmentOf } from './project.js';
import type { Terminal } from './terminal.js';

export function registry(terminal: Terminal, words: readonly string[]): Promise<number> {
  const program = fileURLToPath(new URL('../registry/main.js', import.meta.url));
  return runChild(terminal, program, words, environmentOf(terminal.env));
}
