/** A reply's own metadata on the wire, between Millrace peers: with the first item, and with the end if some came later. */
import type { Reply } from '../../framework/kernel.js';
import { bytesOf, text } from './bytes.js';
import { compositeMetadata, decodeComposite, entryOf } from './composite.js';

const REPLY = 'message/x.millrace.reply.v0';
/** Names and values beyond these are not taken from a peer. */
const MOST = 256;

/** Says what is new in a reply place, each time it is asked. */
export class ReplyWriter {
  private said = '';

  constructor(private readonly reply: Reply) {}

  /** `metadata` with an entry added for what the reply place says, if that is more than was said before. */
  addTo(metadata: Uint8Array | undefined): Uint8Array | undefined {
    if (this.reply.metadata.size === 0) return metadata;
    const says = JSON.stringify([...this.reply.metadata]);
    if (says === this.said) return metadata;
    this.said = says;
    return compositeMetadata([...(metadata === undefined ? [] : decodeComposite(metadata)), [REPLY, bytesOf(says)]]);
  }
}

/** Puts what the metadata of an item, or of a completion, says of the reply into its place. */
export function takeReply(metadata: Uint8Array | undefined, reply: Reply): void {
  const content = entryOf(metadata, REPLY);
  if (content === undefined) return;
  try {
    takePairs(JSON.parse(text(content)), reply);
  } catch {
    // A peer that says nothing sensible says nothing.
  }
}

/** Puts pairs of name and value that came from a peer into a reply place; ignores what is not such a pair. */
export function takePairs(pairs: unknown, reply: Reply): void {
  if (!Array.isArray(pairs)) return;
  for (const pair of pairs.slice(0, MOST) as unknown[]) {
    if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string') reply.set(pair[0], pair[1]);
  }
}
