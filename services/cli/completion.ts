/** `millrace completion`: what teaches a shell the words of the command line. */
import type { Command } from 'commander';
import { bash } from './completion-bash.js';
import { fish } from './completion-fish.js';
import { zsh } from './completion-zsh.js';
import { type Words, wordsOf } from './completion-words.js';

const SHELLS: Readonly<Record<string, (words: Words) => string>> = { bash, zsh, fish };

/** The script for a shell: `bash`, `zsh` or `fish`. */
export function completion(program: Command, shell: string): string {
  return SHELLS[shell]?.(wordsOf(program)) ?? '';
}
