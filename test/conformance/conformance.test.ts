import { acceptSuite } from './accept-suite.js';
import { arrowSuite } from './arrow-suite.js';
import { bothSidesSuite } from './both-sides-suite.js';
import { cancelSuite } from './cancel-suite.js';
import { channelSuite } from './channel-suite.js';
import { closeSuite } from './close-suite.js';
import { errorSuite } from './error-suite.js';
import { keepAliveSuite } from './keep-alive-suite.js';
import { largeSuite } from './large-suite.js';
import { notifySuite } from './notify-suite.js';
import { replySuite } from './reply-suite.js';
import { responseSuite } from './response-suite.js';
import { stageOf } from './scene.js';
import { streamSuite } from './stream-suite.js';
import { wires } from './wire.js';

const suites = {
  'a fire-and-forget': notifySuite,
  'a response': responseSuite,
  'a stream': streamSuite,
  'a channel': channelSuite,
  'a cancel': cancelSuite,
  errors: errorSuite,
  'large payloads': largeSuite,
  'both sides': bothSidesSuite,
  'accept, which': acceptSuite,
  'the close': closeSuite,
  'signs of life': keepAliveSuite,
  "a reply's metadata": replySuite,
  'an arrow': arrowSuite,
};

for (const wire of wires) {
  describe(`over ${wire.name}`, () => {
    const stage = stageOf(wire);
    for (const [name, suite] of Object.entries(suites)) describe(name, () => suite(stage));
  });
}
