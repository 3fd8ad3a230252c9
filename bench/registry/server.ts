// The registry as a process of its own: says its port, and on request what it has used.

import { registryMesh, RunningRegistry } from 'millrace/registry';
import { tcp } from 'millrace/rsocket';

export interface Used {
  /** User and system seconds. */
  readonly cpuSeconds: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly known: number;
}

const app = await registryMesh()
  .over(tcp({ port: 0 }))
  .configure({ 'log.level': 'error', 'limit.algorithm': 'none' })
  .start();
const { store } = app.get(RunningRegistry);

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, heapBytes, rssBytes, known: store.size } satisfies Used);
});
process.on('disconnect', () => process.exit(0));
process.send?.(app.addresses[0] ?? '');
