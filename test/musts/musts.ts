/**
 * The 97 lines with MUST of RSocket's Protocol.md (1.0), in the order of the document, each with a fault in our code that its
 * tests catch. `npm run soak -- musts` makes each fault in a copy and runs the tests against it; docs/musts.md has the table.
 */
import { frameMusts } from './frame-musts.js';
import type { Must } from './must.js';

export const musts: readonly Must[] = [...frameMusts];
