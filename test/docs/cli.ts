/** What each command of docs/cli.md says of itself. */
import { join } from 'node:path';
import { succeed } from '../package/consumer.js';
import { type Page, pageWith, root } from './page.js';

const COMMANDS = ['call', 'describe', 'config', 'dev', 'new', 'completion'];

export async function generate(): Promise<Page> {
  const main = join(root, 'dist/services/cli/main.js');
  const parts = COMMANDS.map(async (command) => {
    const help = await succeed(process.execPath, [main, command, '--help'], root);
    return [`help-${command}`, `\`\`\`text\n${help.trimEnd()}\n\`\`\``] as const;
  });
  return pageWith('docs/cli.md', Object.fromEntries(await Promise.all(parts)));
}
