/** `millrace registry`, or `npm run registry`: a registry as a program of its own. */
import { tcp } from '../../transports/rsocket/index.js';
import { optionsOf } from './options.js';
import { registryMesh, RunningRegistry } from './plan.js';

const { http, rsocket, host, peers, name } = optionsOf(process.argv.slice(2));

const app = await registryMesh({ http, host, peers, name })
  .over(tcp({ port: rsocket, host }))
  .configure({}, { file: 'usual', env: process.env, flags: [] })
  .log({ to: process.stderr })
  .run();

const { ready, httpAddress: at = 'none' } = app.get(RunningRegistry);
await ready;
const place = new URL(app.addresses[0] ?? '').host;
process.stdout.write(`registry ready http=${at} rsocket=${place}\n`);
