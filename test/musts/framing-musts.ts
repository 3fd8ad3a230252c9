/** The MUST lines of Terminology, Framing and Stream Identifiers. */
import type { Must } from './must.js';

export const framingMusts: readonly Must[] = [
  {
    nr: 1,
    section: 'Terminology',
    what: 'a transport has what the section on transports asks of one',
    mutations: 'refers to the next two lines, which say what that is',
  },
  {
    nr: 2,
    section: 'Transport Protocol',
    what: 'a transport is reliable, connected and keeps order',
    mutations: [
      { file: 'deframer.ts', find: 'if (!this.stopped && at < length) this.keep(chunk, at, length);', put: '' },
    ],
  },
  {
    nr: 3,
    section: 'Transport Protocol',
    what: 'frames of one side arrive in the order in which they were sent',
    mutations: [
      {
        file: 'outbox.ts',
        after: 'slab.bytes.length - this.at >= length) return slab.bytes;',
        find: 'this.flush();',
        put: '',
      },
    ],
  },
  {
    nr: 4,
    section: 'Framing Protocol Usage',
    what: 'a transport without messages carries frames behind their lengths',
    mutations: [{ file: 'outbox.ts', find: 'writeUint24(bytes, this.at, frame.length)', put: 'this.at' }],
  },
  {
    nr: 5,
    section: 'Framing Protocol Usage',
    what: 'a transport with messages carries frames without lengths',
    mutations: [
      { file: 'messages.ts', find: 'each(run.subarray(at + PREFIX, end)', put: 'each(run.subarray(at, end)' },
    ],
  },
  {
    nr: 6,
    section: 'Framing Format',
    what: 'the length comes first, and does not count itself',
    mutations: [
      {
        file: 'outbox.ts',
        find: 'writeUint24(bytes, this.at, length)',
        put: 'writeUint24(bytes, this.at, length + 3)',
      },
      { file: 'deframer.ts', find: 'const end = at + PREFIX + frame;', put: 'const end = at + frame;' },
    ],
  },
  {
    nr: 7,
    section: 'Frame Header Format',
    what: 'all types have room for the flags IGNORE and METADATA',
    mutations: [
      { file: 'frame.ts', find: 'typeAndFlags & 0x3ff', put: 'typeAndFlags & 0x1ff' },
      { file: 'frame.ts', find: 'typeAndFlags & 0x3ff', put: 'typeAndFlags & 0x2ff' },
    ],
  },
  {
    nr: 8,
    section: 'Metadata Optional Header',
    what: 'metadata has its length before it where there may be data too',
    mutations: [
      {
        file: 'outbox.ts',
        after: 'const bytes = this.begin(length, id, type, metadata === undefined ? flags : flags | Flag.METADATA);',
        find: 'writeUint24(bytes, at, metadata.length)',
        put: 'at + 3',
      },
    ],
  },
  {
    nr: 9,
    section: 'Metadata Optional Header',
    what: 'metadata longer than its frame ends the connection, unless the frame has IGNORE',
    mutations: [
      {
        file: 'engine.ts',
        find: 'return frame.has(Flag.IGNORE) ? this.ignore() : this.fatal(fault);',
        put: 'return this.fatal(fault);',
      },
      {
        file: 'frame.ts',
        find: "if (at + 3 + length > end) return 'metadata is longer than its frame';",
        put: 'if (at + 3 + length > end) return undefined;',
      },
    ],
  },
  {
    nr: 10,
    section: 'Stream Identifiers',
    what: 'an id is used once at a time by its side of a connection',
    mutations: [{ file: 'stream-table.ts', find: 'this.next = this.after(id);', put: 'this.next = id;' }],
  },
  {
    nr: 11,
    section: 'Stream Identifiers',
    what: "a client's ids are odd, a server's even",
    mutations: [
      { file: 'stream-table.ts', find: "role === 'client' ? 1 : 2", put: "role === 'client' ? 2 : 1" },
      { file: 'stream-table.ts', find: "role === 'client' ? 1 : 2", put: "role === 'client' ? 1 : 3" },
    ],
  },
  {
    nr: 12,
    section: 'Stream Identifiers',
    what: "a client's ids are 1, 3, 5 and so on",
    mutations: [
      {
        file: 'stream-table.ts',
        find: 'if (id + 2 <= LAST_ID) return id + 2;',
        put: 'if (id + 2 <= LAST_ID) return id + 4;',
      },
      { file: 'stream-table.ts', find: "role === 'client' ? 1 : 2", put: "role === 'client' ? 3 : 2" },
    ],
  },
  {
    nr: 13,
    section: 'Stream Identifiers',
    what: "a server's ids are 2, 4, 6 and so on",
    mutations: [
      { file: 'stream-table.ts', find: "role === 'client' ? 1 : 2", put: "role === 'client' ? 1 : 4" },
      {
        file: 'stream-table.ts',
        find: 'if (id + 2 <= LAST_ID) return id + 2;',
        put: 'if (id + 2 <= LAST_ID) return id + 4;',
      },
    ],
  },
  {
    nr: 14,
    section: 'Stream Identifiers',
    what: 'who answers expects ids to come again',
    mutations: [
      {
        file: 'engine.ts',
        find: 'if (!this.streams.forget(id)) return;',
        put: 'if (this.farewell.begun && !this.streams.forget(id)) return;',
      },
    ],
  },
  {
    nr: 15,
    section: 'Stream Identifiers',
    what: 'who does not use ids again needs a new connection after the last',
    mutations: 'binds those that do not use ids again; ours does, and goes on',
  },
  {
    nr: 16,
    section: 'Stream Identifiers',
    what: 'ids that are used again begin with the first',
    mutations: [{ file: 'stream-table.ts', find: 'return this.first;', put: 'return this.first + 2;' }],
  },
  {
    nr: 17,
    section: 'Stream Identifiers',
    what: 'ids that are still in use are skipped',
    mutations: [
      {
        file: 'stream-table.ts',
        find: 'if (this.wrapped) while (this.get(id) !== undefined) id = this.after(id);',
        put: '',
      },
    ],
  },
  {
    nr: 18,
    section: 'Stream Identifiers',
    what: 'with all ids in use a new connection is needed',
    mutations: 'a connection would have to hold 2^30 open streams; the test takes the last free id among many',
  },
];
