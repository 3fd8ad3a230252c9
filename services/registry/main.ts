/** `millrace registry`, or `npm run registry`: a registry as a program of its own. */
import { tcp } from '../../transports/rsocket/index.js';
import { optionsOf } from './options.js';
import { registryMesh, RunningRegistry } from './plan.js';

const { http, rsocket, host } = optionsOf(process.argv.slice(2));

const app = await registryMesh({ http, host })
  .over(tcp({ port: rsocket, host }))
  .configure({}, { file: 'usual', env: process.env, flags: [] })
  .log({ to: process.stderr })
  .run();

const at = app.get(RunningRegistry).httpAddress ?? 'none';
const place = new URL(app.addresses[0] ?? '').host;
process.stdout.write(`registry ready http=${at} rsocket=${place}\n`);
