// `node test/run/program.mjs PROGRAM [ARGUMENT …]`: builds what is not up to date, then becomes the compiled program.
// The program runs in this very process, so that signals, its exit code and its standard streams are its own.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { forwardSignals } from './child.mjs';
import { prepare, root } from './prepare.mjs';

const [program = '', ...args] = process.argv.slice(2);
const file = join(root, 'dist', program);

const giveBack = forwardSignals();
await prepare().catch((error) => fail(error.message));
giveBack();

if (!existsSync(file)) fail(`there is no program ${relative(root, file)}`);
process.argv = [process.argv[0], file, ...args];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(file).href);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
