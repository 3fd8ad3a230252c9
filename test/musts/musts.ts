/**
 * The 97 lines with MUST of RSocket's Protocol.md (1.0), in the order of the document, each with faults in our code that its
 * tests catch. `npm run soak -- musts` makes each fault in a copy and runs the line's tests there; docs/musts.md has the table.
 */
import { frameMusts } from './frame-musts.js';
import { framingMusts } from './framing-musts.js';
import type { Must } from './must.js';
import { resumingMusts } from './resuming-musts.js';
import { sequenceMusts } from './sequence-musts.js';
import { setupMusts } from './setup-musts.js';

export const musts: readonly Must[] = [
  ...framingMusts,
  ...setupMusts,
  ...frameMusts,
  ...resumingMusts,
  ...sequenceMusts,
];
