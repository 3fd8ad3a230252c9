// `npm run build`: dependencies and compiled output, nothing when both are up to date.
import { forwardSignals } from './child.mjs';
import { prepare } from './prepare.mjs';

forwardSignals();
try {
  await prepare();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
