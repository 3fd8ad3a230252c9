/** The MUST lines of the other frames. */
import type { Must } from './must.js';

export const frameMusts: readonly Must[] = [
  {
    nr: 36,
    section: 'LEASE Frame',
    what: 'LEASE is on stream 0',
    mutations: [
      {
        file: 'outbox.ts',
        find: 'this.begin(HEADER + 8, 0, FrameType.LEASE, 0)',
        put: 'this.begin(HEADER + 8, 1, FrameType.LEASE, 0)',
      },
    ],
  },
  {
    nr: 37,
    section: 'LEASE Frame',
    what: 'the time of LEASE is more than 0, to grant something',
    mutations: [{ file: 'lease.ts', find: 'if (ttl < 0 || requests < 0)', put: 'if (requests < 0)' }],
  },
  {
    nr: 38,
    section: 'LEASE Frame',
    what: 'the requests of LEASE are more than 0, to grant something',
    mutations: [{ file: 'lease.ts', find: 'if (ttl < 0 || requests < 0)', put: 'if (ttl < 0)' }],
  },
  {
    nr: 39,
    section: 'LEASE Frame',
    what: 'the metadata of LEASE has no length before it',
    mutations: [
      {
        file: 'frame.ts',
        find: '[FrameType.PAYLOAD]: true,',
        put: '[FrameType.PAYLOAD]: true, [FrameType.LEASE]: true,',
      },
    ],
  },
  {
    nr: 40,
    section: 'KEEPALIVE Frame',
    what: 'KEEPALIVE is on stream 0',
    mutations: [
      {
        file: 'outbox.ts',
        find: 'this.begin(HEADER + 8 + data.length, 0, FrameType.KEEPALIVE,',
        put: 'this.begin(HEADER + 8 + data.length, 1, FrameType.KEEPALIVE,',
      },
    ],
  },
  {
    nr: 41,
    section: 'KEEPALIVE Frame',
    what: 'a client sends KEEPALIVE again and again, with RESPOND',
    mutations: [
      { file: 'handshake.ts', find: 'engine.outbox.keepAlive(true,', put: 'engine.outbox.keepAlive(false,' },
      { file: 'keep-alive.ts', find: 'clock.every(interval, ', put: 'clock.after(interval, ' },
    ],
  },
  {
    nr: 42,
    section: 'KEEPALIVE Frame',
    what: 'both sides answer KEEPALIVE with RESPOND',
    mutations: [
      {
        file: 'engine.ts',
        find: 'if (frame.has(Flag.RESPOND)) this',
        put: "if (frame.has(Flag.RESPOND) && this.options.role === 'server') this",
      },
      {
        file: 'engine.ts',
        find: 'if (frame.has(Flag.RESPOND)) this',
        put: "if (frame.has(Flag.RESPOND) && this.options.role === 'client') this",
      },
    ],
  },
  {
    nr: 43,
    section: 'KEEPALIVE Frame',
    what: 'the answer has no RESPOND, and the same data',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.keepAlive(false, data)',
        put: 'this.outbox.keepAlive(false, data.subarray(1))',
      },
      { file: 'engine.ts', find: 'this.outbox.keepAlive(false, data)', put: 'this.outbox.keepAlive(true, data)' },
    ],
  },
  {
    nr: 44,
    section: 'KEEPALIVE Frame',
    what: 'the position is more than 0 where connections are resumed',
    mutations: [{ file: 'session-link.ts', find: 'writePosition(run, at + HEADER, this.received);', put: '' }],
  },
  {
    nr: 45,
    section: 'REQUEST_STREAM Frame',
    what: 'the initial REQUEST_N of a stream is more than 0',
    mutations: [
      { file: 'engine.ts', find: 'if (many && n <= 0)', put: 'if (type === FrameType.REQUEST_CHANNEL && n <= 0)' },
      {
        file: 'requester.ts',
        find: 'this.wire.send(this.id, type, 0, this.window, item);',
        put: 'this.wire.send(this.id, type, 0, 2 ** 32 - this.window, item);',
      },
    ],
  },
  {
    nr: 46,
    section: 'REQUEST_CHANNEL Frame',
    what: 'the initial REQUEST_N of a channel is more than 0',
    mutations: [
      { file: 'engine.ts', find: 'if (many && n <= 0)', put: 'if (type === FrameType.REQUEST_STREAM && n <= 0)' },
      {
        file: 'requester.ts',
        find: 'this.wire.send(this.id, type, 0, this.window, item);',
        put: 'this.wire.send(this.id, type, 0, 2 ** 32 - this.window, item);',
      },
    ],
  },
  {
    nr: 47,
    section: 'REQUEST_CHANNEL Frame',
    what: 'a requester sends one REQUEST_CHANNEL, then PAYLOAD',
    mutations: [
      {
        file: 'requester.ts',
        find: 'this.wire.send(this.id, FrameType.PAYLOAD, Flag.NEXT, 0, item)',
        put: 'this.wire.send(this.id, FrameType.REQUEST_CHANNEL, 0, 1, item)',
      },
    ],
  },
  {
    nr: 48,
    section: 'REQUEST_CHANNEL Frame',
    what: 'a requester sends no PAYLOAD before REQUEST_N asks for it',
    mutations: [{ file: 'requester.ts', find: 'this.outlet?.request(1);', put: 'this.outlet?.request(2);' }],
  },
  {
    nr: 49,
    section: 'REQUEST_N Frame',
    what: 'REQUEST_N is more than 0',
    mutations: [
      { file: 'engine.ts', find: 'if (n <= 0) stream.refuse(', put: 'if (n < 0) stream.refuse(' },
      {
        file: 'requester.ts',
        find: 'this.wire.outbox.requestN(this.id, n);',
        put: 'this.wire.outbox.requestN(this.id, 0);',
      },
    ],
  },
  {
    nr: 50,
    section: 'PAYLOAD Frame',
    what: 'PAYLOAD has NEXT, COMPLETE or both',
    mutations: [
      { file: 'fragments.ts', find: 'first ? kept : kept | Flag.NEXT', put: 'kept' },
      {
        file: 'engine.ts',
        find: 'stream.receive(undefined, complete, metadata);',
        put: 'stream.receive(frame.item, complete, metadata);',
      },
    ],
  },
  {
    nr: 51,
    section: 'METADATA_PUSH Frame',
    what: 'METADATA_PUSH is on stream 0',
    mutations: [
      {
        file: 'outbox.ts',
        find: 'this.begin(HEADER + metadata.length, 0, FrameType.METADATA_PUSH,',
        put: 'this.begin(HEADER + metadata.length, 1, FrameType.METADATA_PUSH,',
      },
    ],
  },
  {
    nr: 52,
    section: 'METADATA_PUSH Frame',
    what: 'METADATA_PUSH has no length before its metadata',
    mutations: [
      {
        file: 'frame.ts',
        find: '[FrameType.PAYLOAD]: true,',
        put: '[FrameType.PAYLOAD]: true, [FrameType.METADATA_PUSH]: true,',
      },
      {
        file: 'outbox.ts',
        find: 'bytes.set(metadata, this.at);',
        put: 'bytes.set(metadata.subarray(3), writeUint24(bytes, this.at, metadata.length));',
      },
    ],
  },
  {
    nr: 53,
    section: 'EXT Frame',
    what: 'the type of an extension is more than 0',
    mutations: 'binds those that make extensions; we send none and know none, so the field is never read',
  },
];
