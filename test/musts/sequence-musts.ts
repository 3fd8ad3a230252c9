/** The MUST lines from Connection Establishment to the end. */
import type { Must } from './must.js';

export const sequenceMusts: readonly Must[] = [
  {
    nr: 67,
    section: 'Connection Establishment',
    what: 'a client begins with SETUP or RESUME, on stream 0',
    mutations: [
      { file: 'handshake.ts', find: 'engine.outbox.raw(encodeSetup(setup));', put: 'void encodeSetup(setup);' },
    ],
  },
  {
    nr: 68,
    section: 'Connection Establishment',
    what: 'any other beginning gets INVALID_SETUP, and the end',
    mutations: [
      { file: 'setup.ts', find: 'if (readInt32(frame, start) !== 0)', put: 'if (readInt32(frame, start) < 0)' },
      { file: 'sessions.ts', find: 'if (readInt32(bytes, start) !== 0) return false;', put: '' },
      {
        file: 'handshake.ts',
        find: 'type === FrameType.RESUME && readInt32(frame, start) === 0',
        put: 'type === FrameType.RESUME',
      },
      {
        file: 'handshake.ts',
        find: 'return engine.fatal(FIRST, ErrorCode.INVALID_SETUP);',
        put: 'return engine.fatal(FIRST, ErrorCode.REJECTED_SETUP);',
      },
    ],
  },
  {
    nr: 69,
    section: 'Connection Establishment',
    what: 'a client that wants leases waits for LEASE',
    mutations: [
      { file: 'connection.ts', find: 'if (holder === undefined) return new', put: 'if (holder !== null) return new' },
      {
        file: 'connection.ts',
        find: 'return holder === undefined ? send()',
        put: 'return engine.leases !== null ? send()',
      },
      {
        file: 'requester.ts',
        find: 'if (holder === undefined || holder.take()) return this.start();',
        put: 'if (holder !== null) return this.start();',
      },
    ],
  },
  {
    nr: 70,
    section: 'Connection Establishment',
    what: 'a server that accepts such a client sends LEASE',
    mutations: [{ file: 'handshake.ts', find: 'if (read.lease) beginLeases(engine, common);', put: '' }],
  },
  {
    nr: 71,
    section: 'Connection Establishment',
    what: 'a server that does not accept SETUP says so, and closes',
    mutations: [
      { file: 'setup.ts', find: 'if (major !== VERSION_MAJOR || minor !== VERSION_MINOR)', put: 'if (major === 0)' },
      {
        file: 'handshake.ts',
        find: 'if (said.lease && common.leases === undefined)',
        put: 'if (said.lease && common.leases === null)',
      },
    ],
  },
  {
    nr: 72,
    section: 'Connection Establishment',
    what: 'a server waits for the LEASE of a client that wants leases',
    mutations: [
      {
        file: 'lease.ts',
        find: 'if (this.waiting.size > 0 || !this.has) return false;',
        put: 'if (this.waiting.size > 0) return false;',
      },
    ],
  },
  {
    nr: 73,
    section: 'Connection Establishment',
    what: 'a client that wants leases sends LEASE',
    mutations: [{ file: 'handshake.ts', find: 'if (setup.lease) beginLeases(engine, common);', put: '' }],
  },
  {
    nr: 74,
    section: 'Connection Establishment',
    what: 'no requests are made before the connection is established',
    mutations: [
      {
        file: 'engine.ts',
        find: 'if (this.ended || this.farewell.begun || !this.established)',
        put: 'if (this.ended || this.farewell.begun)',
      },
    ],
  },
  {
    nr: 75,
    section: 'Connection Establishment',
    what: 'no PAYLOAD is sent before the connection is established',
    mutations: [
      {
        file: 'handshake.ts',
        find: 'if (accept === undefined) return begin(said, service);',
        put: 'if (accept !== null) return begin(said, service);',
      },
    ],
  },
  {
    nr: 76,
    section: 'Fragmentation And Reassembly',
    what: 'the metadata of a PAYLOAD goes before its data',
    mutations: [
      {
        file: 'fragments.ts',
        find: 'metadata === undefined && room > 0 ? data.subarray(0, room) : EMPTY',
        put: 'data.subarray(0, Math.max(room, 1))',
      },
    ],
  },
  {
    nr: 77,
    section: 'Fragmentation And Reassembly',
    what: 'the metadata of a request goes before its data',
    mutations: [
      {
        file: 'fragments.ts',
        find: 'metadata === undefined && room > 0 ? data.subarray(0, room) : EMPTY',
        put: 'data.subarray(0, Math.max(room, 1))',
      },
    ],
  },
  {
    nr: 78,
    section: 'Stream Sequences and Lifetimes',
    what: 'the id of a stream that has ended is not used again',
    mutations: [
      {
        file: 'stream-table.ts',
        find: 'this.next = this.after(id);',
        put: 'this.next = this.size === 0 ? id : this.after(id);',
      },
    ],
  },
  {
    nr: 79,
    section: 'Request Channel',
    what: 'a requester sends one REQUEST_CHANNEL only',
    mutations: [{ file: 'fragments.ts', find: 'first ? type : FrameType.PAYLOAD', put: 'type' }],
  },
  {
    nr: 80,
    section: 'Request Channel',
    what: 'who answers a channel sends REQUEST_N',
    mutations: [{ file: 'channel-inlet.ts', find: 'this.ask(n);', put: '' }],
  },
  {
    nr: 81,
    section: 'Request Channel',
    what: 'a requester sends no PAYLOAD after COMPLETE',
    mutations: [
      {
        file: 'requester.ts',
        find: 'if (this.id !== 0) this.wire.send(this.id, FrameType.PAYLOAD, Flag.COMPLETE',
        put: 'if (this.id !== 0) for (let i = 0; i < 2; i++) this.wire.send(this.id, FrameType.PAYLOAD, Flag.COMPLETE',
      },
    ],
  },
  {
    nr: 82,
    section: 'Reactive Streams Semantics',
    what: 'both sides send no more items than were asked for',
    mutations: [
      { file: 'outlet.ts', find: 'this.sink.request(n);', put: 'this.sink.request(n + 1);' },
      { file: 'intake.ts', find: 'if (this.expected === 0) return false;', put: '' },
    ],
  },
  {
    nr: 83,
    section: 'Lease Semantics',
    what: 'a requester keeps to the requests and the time of its lease',
    mutations: [
      {
        file: 'lease.ts',
        find: 'this.binding ? running && this.requests > 0',
        put: 'this.binding ? this.requests > 0',
      },
      { file: 'lease.ts', find: 'this.requests -= 1;', put: '' },
    ],
  },
  {
    nr: 84,
    section: 'Lease Semantics',
    what: 'a request that no lease covers gets REJECTED',
    mutations: [
      {
        file: 'lease.ts',
        find: 'if (covering === undefined) return false;',
        put: 'if (covering === undefined) return true;',
      },
    ],
  },
  {
    nr: 85,
    section: 'Handling the Unexpected',
    what: 'the answer to a request/response is its end, with COMPLETE or without',
    mutations: [
      {
        file: 'requester.ts',
        find: 'const metadata = item === undefined ? trailers : item.metadata;',
        put: 'const metadata = item === undefined ? trailers : item.metadata; if (!_complete) return subscriber.next(item);',
      },
      { file: 'engine.ts', find: 'if (!complete) this.ignore();', put: 'if (!complete) return this.ignore();' },
    ],
  },
  {
    nr: 86,
    section: 'Handling the Unexpected',
    what: 'fragments may never end, and that is provided for',
    mutations: [
      {
        file: 'reassembler.ts',
        find: 'if ((partial?.dataLength ?? 0) + data > reassembly)',
        put: 'if (data > reassembly)',
      },
    ],
  },
  {
    nr: 87,
    section: 'Handling the Unexpected',
    what: 'flags that a type does not have are ignored',
    mutations: [
      {
        file: 'frame.ts',
        find: 'if (this.id < 0) return',
        put: 'if (this.id < 0 || (this.flags & 0x1f) !== 0) return',
      },
    ],
  },
  {
    nr: 88,
    section: 'Handling the Unexpected',
    what: 'frames that make no sense are ignored',
    mutations: [
      {
        file: 'engine.ts',
        find: 'if (this.leases === undefined) return this.ignore();',
        put: "if (this.leases === undefined) return this.fatal('there are no leases');",
      },
      {
        file: 'engine.ts',
        after: 'private onRequestN({ id, n }: Frame): void {',
        find: 'return this.ignore();',
        put: "return this.fatal('there is no such stream');",
      },
    ],
  },
  {
    nr: 89,
    section: 'Handling the Unexpected',
    what: 'a request on an id that is in use is ignored',
    mutations: [{ file: 'engine.ts', find: 'if (this.streams.get(id) !== undefined) return this.ignore();', put: '' }],
  },
  {
    nr: 90,
    section: 'Handling the Unexpected',
    what: 'CANCEL of an unknown stream, 0 too, is ignored',
    mutations: [
      {
        file: 'engine.ts',
        find: 'if (stream === undefined) this.ignore();',
        put: "if (stream === undefined) this.fatal('there is no such stream');",
      },
    ],
  },
  {
    nr: 91,
    section: 'Handling the Unexpected',
    what: 'ERROR of an unknown stream is ignored',
    mutations: [
      {
        file: 'engine.ts',
        find: 'return stream === undefined ? this.ignore()',
        put: "return stream === undefined ? this.fatal('there is no such stream')",
      },
    ],
  },
  {
    nr: 92,
    section: 'Handling the Unexpected',
    what: 'PAYLOAD of an unknown stream, 0 too, is ignored',
    mutations: [
      {
        file: 'engine.ts',
        after: 'const stream = this.streams.get(frame.id);',
        find: 'return this.ignore();',
        put: "return this.fatal('there is no such stream');",
      },
    ],
  },
  {
    nr: 93,
    section: 'Handling the Unexpected',
    what: 'METADATA_PUSH on a stream is ignored',
    mutations: [{ file: 'engine.ts', find: 'if (id !== 0) return this.ignore();', put: '' }],
  },
  {
    nr: 94,
    section: 'Handling the Unexpected',
    what: 'a server ignores SETUP after it has accepted one',
    mutations: [
      {
        file: 'engine.ts',
        find: 'case FrameType.SETUP:',
        put: "case FrameType.SETUP: if (this.options.role === 'server') return this.fatal('SETUP came twice');",
      },
    ],
  },
  {
    nr: 95,
    section: 'Handling the Unexpected',
    what: 'a server ignores the errors that refuse SETUP and RESUME',
    mutations: [
      { file: 'engine.ts', find: "&& this.options.role === 'client' && !this.accepted", put: '&& !this.accepted' },
    ],
  },
  {
    nr: 96,
    section: 'Handling the Unexpected',
    what: 'a client that was accepted ignores them as well',
    mutations: [
      {
        file: 'engine.ts',
        find: "&& this.options.role === 'client' && !this.accepted",
        put: "&& this.options.role === 'client'",
      },
    ],
  },
  {
    nr: 97,
    section: 'Handling the Unexpected',
    what: 'a client ignores SETUP',
    mutations: [
      {
        file: 'engine.ts',
        find: 'case FrameType.SETUP:',
        put: "case FrameType.SETUP: if (this.options.role === 'client') return this.fatal('SETUP came to a client');",
      },
    ],
  },
];
