/** The MUST lines of the SETUP and ERROR frames. */
import type { Must } from './must.js';

export const setupMusts: readonly Must[] = [
  {
    nr: 19,
    section: 'SETUP Frame',
    what: 'SETUP is on stream 0',
    mutations: [
      {
        file: 'setup.ts',
        find: 'const head = new Uint8Array(HEADER + 12);',
        put: 'const head = new Uint8Array(HEADER + 12); head[3] = 1;',
      },
    ],
  },
  {
    nr: 20,
    section: 'SETUP Frame',
    what: 'MIME types are for the application, not for the protocol',
    mutations: [
      {
        file: 'setup.ts',
        find: 'types.push(text(frame.subarray(at + 1, at + 1 + length)));',
        put: 'types.push(text(frame.subarray(at + 1, at + 1 + length)).toLowerCase());',
      },
    ],
  },
  {
    nr: 21,
    section: 'SETUP Frame',
    what: 'the time between KEEPALIVE frames is more than 0',
    mutations: [
      { file: 'setup.ts', find: 'if (keepAlive <= 0 || lifetime <= 0)', put: 'if (lifetime <= 0)' },
      { file: 'connect.ts', find: 'ms >= 1 && ms <= LONGEST_TIME', put: 'ms >= 0 && ms <= LONGEST_TIME' },
    ],
  },
  {
    nr: 22,
    section: 'SETUP Frame',
    what: 'the lifetime is more than 0',
    mutations: [
      { file: 'setup.ts', find: 'if (keepAlive <= 0 || lifetime <= 0)', put: 'if (keepAlive <= 0)' },
      { file: 'connect.ts', find: 'ms >= 1 && ms <= LONGEST_TIME', put: 'ms >= 0 && ms <= LONGEST_TIME' },
    ],
  },
  {
    nr: 23,
    section: 'SETUP Frame',
    what: 'a MIME type has no NUL at its end',
    mutations: [
      { file: 'setup.ts', find: 'const bytes = bytesOf(type);', put: 'const bytes = bytesOf(`${type}\\0`);' },
    ],
  },
  {
    nr: 24,
    section: 'SETUP Frame',
    what: 'SETUP that asks to be resumed is rejected where nothing is',
    mutations: [
      {
        file: 'handshake.ts',
        find: "link.session === undefined ? 'resume is not supported'",
        put: 'link.session === undefined ? undefined',
      },
    ],
  },
  {
    nr: 25,
    section: 'ERROR Frame',
    what: 'the text of an error has no NUL at its end',
    mutations: [
      {
        file: 'wire-error.ts',
        find: "'internal error' : known.message)",
        put: `'internal error' : \`\${known.message}\0\`)`,
      },
      {
        file: 'engine.ts',
        find: 'this.outbox.error(0, code, bytesOf(message));',
        put: 'this.outbox.error(0, code, bytesOf(`${message}\\0`));',
      },
    ],
  },
  {
    nr: 26,
    section: 'Error Codes',
    what: 'INVALID_SETUP is on stream 0',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(0, code, bytesOf(message));',
        put: 'this.outbox.error(code === ErrorCode.INVALID_SETUP ? 1 : 0, code, bytesOf(message));',
      },
    ],
  },
  {
    nr: 27,
    section: 'Error Codes',
    what: 'UNSUPPORTED_SETUP is on stream 0',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(0, code, bytesOf(message));',
        put: 'this.outbox.error(code === ErrorCode.UNSUPPORTED_SETUP ? 1 : 0, code, bytesOf(message));',
      },
    ],
  },
  {
    nr: 28,
    section: 'Error Codes',
    what: 'REJECTED_SETUP is on stream 0',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(0, code, bytesOf(message));',
        put: 'this.outbox.error(code === ErrorCode.REJECTED_SETUP ? 1 : 0, code, bytesOf(message));',
      },
    ],
  },
  {
    nr: 29,
    section: 'Error Codes',
    what: 'REJECTED_RESUME is on stream 0',
    mutations: [
      {
        file: 'resume-frames.ts',
        find: 'begin(run, FrameType.ERROR);',
        put: 'begin(run, FrameType.ERROR); run[PREFIX + 3] = 1;',
      },
    ],
  },
  {
    nr: 30,
    section: 'Error Codes',
    what: 'CONNECTION_ERROR is on stream 0',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(0, code, bytesOf(message));',
        put: 'this.outbox.error(code === ErrorCode.CONNECTION_ERROR ? 1 : 0, code, bytesOf(message));',
      },
    ],
  },
  {
    nr: 31,
    section: 'Error Codes',
    what: 'CONNECTION_CLOSE is on stream 0; both sides wait for open streams',
    mutations: [
      {
        file: 'engine.ts',
        find: 'if (this.ended || this.streams.size > 0 || this.farewell.pending) return;',
        put: 'if (this.ended || this.farewell.pending) return;',
      },
      {
        file: 'engine.ts',
        find: 'this.outbox.error(0, ErrorCode.CONNECTION_CLOSE, CLOSING)',
        put: 'this.outbox.error(1, ErrorCode.CONNECTION_CLOSE, CLOSING)',
      },
      { file: 'engine.ts', find: 'return this.farewell.heard(false);', put: 'return this.end();' },
    ],
  },
  {
    nr: 32,
    section: 'Error Codes',
    what: 'APPLICATION_ERROR is on a stream',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(id, code, data);',
        put: 'this.outbox.error(code === ErrorCode.APPLICATION_ERROR ? 0 : id, code, data);',
      },
    ],
  },
  {
    nr: 33,
    section: 'Error Codes',
    what: 'REJECTED is on a stream',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(id, code, data);',
        put: 'this.outbox.error(code === ErrorCode.REJECTED ? 0 : id, code, data);',
      },
    ],
  },
  {
    nr: 34,
    section: 'Error Codes',
    what: 'CANCELED is on a stream',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(id, code, data);',
        put: 'this.outbox.error(code === ErrorCode.CANCELED ? 0 : id, code, data);',
      },
    ],
  },
  {
    nr: 35,
    section: 'Error Codes',
    what: 'INVALID is on a stream',
    mutations: [
      {
        file: 'engine.ts',
        find: 'this.outbox.error(id, code, data);',
        put: 'this.outbox.error(code === ErrorCode.INVALID ? 0 : id, code, data);',
      },
    ],
  },
];
