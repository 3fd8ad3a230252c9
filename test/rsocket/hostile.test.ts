import { hostileFrames, type HostileCase, type Scene } from './hostile-frames.js';
import { hostileLoads } from './hostile-loads.js';
import { listenForHostiles } from './hostile-target.js';
import { connectSetUp } from './expectations.js';
import { connectRaw, rawTransports, type RawTransport } from './raw-peer.js';
import { watchTests } from './watch.js';
import { bearWitness } from './witness.js';

describe('a server that meets', () => {
  const watch = watchTests();

  const meet = async (transport: RawTransport, hostile: HostileCase): Promise<void> => {
    const target = await listenForHostiles(transport, hostile.limits);
    watch.after(target.close);
    const witness = await bearWitness(transport, target.port, watch.peer);
    const scene: Scene = {
      target,
      connect: async () => watch.peer(await connectRaw(transport, target.port)),
      setUp: async () => watch.peer(await connectSetUp(transport, target.port)),
    };
    await hostile.run(scene);
    await witness.testify();
  };

  const suites = { 'a hostile frame': hostileFrames, 'a hostile load': hostileLoads };
  for (const [title, cases] of Object.entries(suites)) {
    for (const transport of rawTransports) {
      describe(`${title} over ${transport}`, () => {
        for (const hostile of cases.filter(({ transports = rawTransports }) => transports.includes(transport))) {
          it(hostile.name, () => meet(transport, hostile)).timeout(hostile.time ?? 10_000);
        }
      });
    }
  }
});
