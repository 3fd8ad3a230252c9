/** The MUST lines of Resuming Operation. */
import type { Must } from './must.js';

export const resumingMusts: readonly Must[] = [
  {
    nr: 54,
    section: 'Client Lifetime Management',
    what: 'a server keeps a client that was lost while it may resume',
    mutations: [{ file: 'sessions.ts', find: 'this.clock.after(resumeTime,', put: 'this.clock.after(0,' }],
  },
  {
    nr: 55,
    section: 'Resume Operation',
    what: 'errors while resuming are CONNECTION_ERROR or REJECTED_RESUME',
    mutations: [
      {
        file: 'sessions.ts',
        find: 'encodeError(ErrorCode.REJECTED_RESUME,',
        put: 'encodeError(ErrorCode.REJECTED_SETUP,',
      },
    ],
  },
  {
    nr: 56,
    section: 'Resume Operation',
    what: 'a client sends RESUME alone, with its token and its position',
    mutations: [
      {
        file: 'session-link.ts',
        find: 'if (this.flowing && this.pipe !== undefined) return this.pipe.link.write',
        put: 'if (this.pipe !== undefined) return this.pipe.link.write',
      },
      { file: 'resuming.ts', find: 'token: this.options.token', put: 'token: newToken()' },
      { file: 'resuming.ts', find: 'received: session.received', put: 'received: session.received + 1' },
    ],
  },
  {
    nr: 57,
    section: 'Resume Operation',
    what: 'a client that gets REJECTED_RESUME does not try again',
    mutations: [
      { file: 'resuming.ts', find: 'else session.fail(session.broken(this.why));', put: 'else session.giveUp();' },
    ],
  },
  {
    nr: 58,
    section: 'Resume Operation',
    what: 'after RESUME_OK a client counts on from the last positions',
    mutations: [
      {
        file: 'session-link.ts',
        after: 'this.flowing = true;',
        find: 'this.told = this.received;',
        put: 'this.told = this.received = 0;',
      },
    ],
  },
  {
    nr: 59,
    section: 'Resume Operation',
    what: 'a client that ends the connection does not resume it',
    mutations: [{ file: 'session-link.ts', find: 'if (this.over || !this.kept) {', put: 'if (!this.kept) {' }],
  },
  {
    nr: 60,
    section: 'Resume Operation',
    what: 'a server that resumes nothing answers RESUME with REJECTED_RESUME',
    mutations: [
      {
        file: 'handshake.ts',
        find: "'resume is not supported', ErrorCode.REJECTED_RESUME",
        put: "'resume is not supported', ErrorCode.CONNECTION_ERROR",
      },
    ],
  },
  {
    nr: 61,
    section: 'Resume Operation',
    what: 'a server that does not know the token answers with REJECTED_RESUME',
    mutations: [
      {
        file: 'sessions.ts',
        find: "if (found === undefined) return refuse('there is no such session');",
        put: 'if (found === undefined) return (session.end(), true);',
      },
    ],
  },
  {
    nr: 62,
    section: 'Resume Operation',
    what: 'after RESUME_OK a server counts on from the last positions',
    mutations: [
      {
        file: 'session-link.ts',
        after: 'this.flowing = true;',
        find: 'this.told = this.received;',
        put: 'this.told = this.received = 0;',
      },
    ],
  },
  {
    nr: 63,
    section: 'Resume Operation',
    what: 'leases begin anew on a new connection',
    mutations: [{ file: 'lease.ts', find: 'this.grantor?.again();', put: '' }],
  },
  {
    nr: 64,
    section: 'RESUME Frame',
    what: 'RESUME is on stream 0',
    mutations: [
      {
        file: 'resume-frames.ts',
        find: 'begin(run, FrameType.RESUME);',
        put: 'begin(run, FrameType.RESUME); run[PREFIX + 3] = 1;',
      },
    ],
  },
  {
    nr: 65,
    section: 'RESUME_OK Frame',
    what: 'RESUME_OK is on stream 0',
    mutations: [
      {
        file: 'resume-frames.ts',
        find: 'begin(run, FrameType.RESUME_OK);',
        put: 'begin(run, FrameType.RESUME_OK); run[PREFIX + 3] = 1;',
      },
    ],
  },
  {
    nr: 66,
    section: 'Identification Token Handling',
    what: 'a token holds as long as its session, through all resumptions',
    mutations: [
      {
        file: 'sessions.ts',
        find: 'found.take(session);',
        put: 'found.take(session); this.byToken.delete(keyOf(read.token));',
      },
    ],
  },
];
