/** One of the four services as a program, `node service.js NAME PORTS`; the supervisor starts it. */
import { mesh, registry } from 'millrace';
import { tcp, websocket } from 'millrace/rsocket';
import { CatalogueService } from './catalogue.js';
import { ServiceName } from './contracts.js';
import { HomeService } from './home.js';
import { PlaybackService } from './playback.js';
import { addressOf, originsOf, PORTS } from './ports.js';
import { RatingsService } from './ratings.js';

const classes = { catalogue: CatalogueService, ratings: RatingsService, playback: PlaybackService, home: HomeService };

const name = ServiceName.parse(process.argv[2]);
const ports = PORTS.parse(JSON.parse(process.argv[3] ?? ''));
const port = ports[name];
const wire = name === 'home' ? websocket({ port, origins: originsOf(ports) }) : tcp({ port });

/** A supervisor that is gone, however it went, leaves nobody behind. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

await mesh(classes[name])
  .named(name)
  .over(wire, tcp())
  .in(registry(addressOf('registry', ports)))
  .configure(
    {
      'app.grace': '1 s',
      'log.level': 'error',
      'discovery.patience': '1 s',
      'discovery.reconnect-most': '1 s',
      // By default 255 items are on their way to a slow reader, and 2,048 to a fast one. Fewer, so that a change of
      // pace is soon seen at the source.
      'rsocket.window': 64,
      'rsocket.fast-window': 255,
    },
    {},
  )
  .run();
process.send?.('ready');
