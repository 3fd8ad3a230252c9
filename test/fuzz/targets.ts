/** All that is fuzzed, by name, and the share of frames that each gets. */
import { clientTarget } from './client-target.js';
import { codecTarget } from './codec-target.js';
import { serverTarget } from './server-target.js';
import { liveTarget } from './live-target.js';
import type { Target } from './target.js';

interface Entry {
  readonly share: number;
  make(): Promise<Target>;
}

export const targets: Readonly<Record<string, Entry>> = {
  codec: { share: 0.2, make: () => Promise.resolve(codecTarget()) },
  'server-plain': { share: 0.13, make: () => serverTarget('plain') },
  'server-leased': { share: 0.09, make: () => serverTarget('leased') },
  'server-resumable': { share: 0.13, make: () => serverTarget('resumable') },
  'server-bounded': { share: 0.09, make: () => serverTarget('bounded') },
  'client-plain': { share: 0.07, make: () => clientTarget('plain') },
  'client-leased': { share: 0.07, make: () => clientTarget('leased') },
  'client-resumable': { share: 0.07, make: () => clientTarget('resumable') },
  'tcp-server': { share: 0.04, make: () => liveTarget('tcp', 'server') },
  'tcp-client': { share: 0.02, make: () => liveTarget('tcp', 'client') },
  'websocket-server': { share: 0.03, make: () => liveTarget('websocket', 'server') },
  'websocket-client': { share: 0.02, make: () => liveTarget('websocket', 'client') },
  'unix-server': { share: 0.02, make: () => liveTarget('unix', 'server') },
  'unix-client': { share: 0.02, make: () => liveTarget('unix', 'client') },
};
