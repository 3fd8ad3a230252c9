/** The MUST lines of Terminology and Framing. */
import type { Must } from './must.js';

export const frameMusts: readonly Must[] = [
  {
    nr: 1,
    section: 'Terminology',
    what: 'a transport has what the section on transports asks of one',
    mutation: 'refers to the next two lines, which say what that is',
  },
  {
    nr: 2,
    section: 'Transport Protocol',
    what: 'a transport is reliable, connected and keeps order',
    mutation: {
      file: 'deframer.ts',
      find: 'if (!this.stopped && at < length) this.keep(chunk, at, length);',
      put: '',
    },
  },
  {
    nr: 3,
    section: 'Transport Protocol',
    what: 'frames of one side arrive in the order in which they were sent',
    mutation: {
      file: 'outbox.ts',
      after: 'slab.bytes.length - this.at >= length) return slab.bytes;',
      find: 'this.flush();',
      put: '',
    },
  },
  {
    nr: 4,
    section: 'Framing Protocol Usage',
    what: 'a transport without messages carries frames behind their lengths',
    mutation: { file: 'outbox.ts', find: 'writeUint24(bytes, this.at, frame.length)', put: 'this.at' },
  },
  {
    nr: 5,
    section: 'Framing Protocol Usage',
    what: 'a transport with messages carries frames without lengths',
    mutation: { file: 'messages.ts', find: 'each(run.subarray(at + PREFIX, end)', put: 'each(run.subarray(at, end)' },
  },
  {
    nr: 6,
    section: 'Framing Format',
    what: 'the length comes first, and does not count itself',
    mutation: {
      file: 'outbox.ts',
      find: 'writeUint24(bytes, this.at, length)',
      put: 'writeUint24(bytes, this.at, length + 3)',
    },
  },
  {
    nr: 7,
    section: 'Frame Header Format',
    what: 'all types have room for the flags IGNORE and METADATA',
    mutation: { file: 'frame.ts', find: 'typeAndFlags & 0x3ff', put: 'typeAndFlags & 0x1ff' },
  },
  {
    nr: 8,
    section: 'Metadata Optional Header',
    what: 'metadata has its length before it where there may be data too',
    mutation: {
      file: 'outbox.ts',
      after: 'const bytes = this.begin(length, id, type, metadata === undefined ? flags : flags | Flag.METADATA);',
      find: 'writeUint24(bytes, at, metadata.length)',
      put: 'at + 3',
    },
  },
  {
    nr: 9,
    section: 'Metadata Optional Header',
    what: 'metadata longer than its frame ends the connection, unless the frame has IGNORE',
    mutation: {
      file: 'engine.ts',
      find: 'return frame.has(Flag.IGNORE) ? this.ignore() : this.fatal(fault);',
      put: 'return this.fatal(fault);',
    },
  },
];
