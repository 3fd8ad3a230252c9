/** Valid frames of all types in valid orders, from which mutations begin. */
import {
  authentication,
  AUTHENTICATION,
  COMPOSITE,
  compositeMetadata,
  MIME_TYPE,
  mimeTypes,
  ROUTING,
  routing,
  routingTags,
  TRACING,
  tracing,
} from 'millrace/rsocket';
import { packed } from './packed.js';
import type { Input } from './input.js';
import {
  cancelFrame,
  channelFrame,
  ErrorCode,
  errorFrame,
  extensionFrame,
  Flag,
  keepAliveFrame,
  leaseFrame,
  metadataPushFrame,
  notifyFrame,
  payloadFrame,
  requestNFrame,
  responseFrame,
  resumeFrame,
  resumeOkFrame,
  type SetupFields,
  setupFrame,
  streamFrame,
} from '../rsocket/raw-frame.js';

/** The token of sessions in these conversations. */
export const TOKEN = 'a token that nobody guesses';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hello = compositeMetadata([['message/x.millrace.hello.v0', bytes('{"windowBytes":1048576}')]]);
const call = Uint8Array.of(
  2,
  0,
  0,
  4,
  0,
  ...bytes('{"metadata":[["a","b"]],"baggage":[["c","d"]],"key":"k","state":"s"}'),
);
const rich = compositeMetadata([
  [ROUTING, routingTags('shop.buy', 'more')],
  [MIME_TYPE, mimeTypes('application/json')],
  [TRACING, tracing({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true })],
  [AUTHENTICATION, authentication({ type: 'simple', username: 'ann', password: 'secret' })],
  ['message/x.millrace.call.v0', call],
  ['application/x-own', bytes('own')],
]);
const reply = compositeMetadata([['message/x.millrace.reply.v0', bytes('[["a","b"]]')]]);
const setup = (fields: SetupFields = {}): Uint8Array =>
  setupFrame({ metadataMimeType: COMPOSITE, dataMimeType: 'application/json', ...fields });
const last = Flag.NEXT | Flag.COMPLETE;

/** What a client says. The first letter of data chooses what the server does, see service.ts. */
const clients: readonly (readonly Uint8Array[])[] = [
  [setup(), responseFrame(1, 'hello'), responseFrame(3, 'now', { metadata: rich }), notifyFrame(5, 'hello')],
  [
    setup({ metadata: hello }),
    streamFrame(1, 3, 'items'),
    requestNFrame(1, 2),
    cancelFrame(1),
    keepAliveFrame(true, 'k'),
  ],
  [setup({ data: 'kept' }), channelFrame(1, 5, 'hello'), payloadFrame(1, 'h2'), payloadFrame(1, 'h3', { flags: last })],
  [
    setup({ metadata: hello }),
    channelFrame(1, 1, 'a', { metadata: routing('over') }),
    requestNFrame(1, 4),
    payloadFrame(1, '', { flags: Flag.COMPLETE }),
  ],
  [
    setup(),
    channelFrame(1, 2, 'a', { metadata: routing('mute') }),
    payloadFrame(1, 'x', { flags: Flag.NEXT | Flag.FOLLOWS }),
    payloadFrame(1, 'y'),
  ],
  [
    setup(),
    responseFrame(1, 'hel', { metadata: routing('hello'), flags: Flag.FOLLOWS }),
    payloadFrame(1, 'lo', { metadata: 'more', flags: Flag.NEXT | Flag.FOLLOWS }),
    payloadFrame(1, bytes('x'.repeat(400)), { flags: Flag.NEXT | Flag.FOLLOWS }),
    payloadFrame(1, ' there'),
    channelFrame(3, 1, 'h', { flags: Flag.FOLLOWS | Flag.COMPLETE }),
    payloadFrame(3, 'i', { flags: last }),
  ],
  [
    setup({ flags: Flag.LEASE }),
    leaseFrame(1000, 5),
    responseFrame(1, 'hello'),
    responseFrame(3, 'over'),
    streamFrame(5, 2, 'n'),
  ],
  [
    setup({ token: TOKEN }),
    responseFrame(1, 'hello'),
    streamFrame(3, 1, 'items'),
    keepAliveFrame(true),
    resumeFrame(TOKEN, 0, 10),
  ],
  [resumeFrame(TOKEN, 20, 11), requestNFrame(3, 5), cancelFrame(3)],
  [
    setup(),
    errorFrame(1, ErrorCode.APPLICATION_ERROR, 'no'),
    metadataPushFrame('pushed'),
    extensionFrame(0, Flag.IGNORE, 7),
  ],
  [
    setup(),
    streamFrame(1, 0x7fffffff, 'items'),
    errorFrame(0, ErrorCode.CONNECTION_CLOSE, 'bye'),
    responseFrame(3, 'killed'),
  ],
  [
    setup({ metadata: hello }),
    responseFrame(1, 'kill'),
    responseFrame(3, 'lost'),
    responseFrame(5, 'jam'),
    cancelFrame(5),
  ],
  [
    setup({ metadata: hello }),
    channelFrame(1, 2, 'a', { metadata: routing('kill') }),
    channelFrame(3, 2, 'a', { metadata: routing('items') }),
    channelFrame(5, 2, 'a', { metadata: routing('jam') }),
    errorFrame(5, ErrorCode.APPLICATION_ERROR, '{"tag":"Failed","message":"no"}'),
    streamFrame(7, 3, 'now'),
  ],
  [
    setup(),
    responseFrame(1, bytes('h{"a":[1,2,{"b":null}]}')),
    responseFrame(3, packed),
    resumeOkFrame(5),
    leaseFrame(1, 1),
  ],
];

/** What a server says to the client of client-target.ts: its calls have the ids 1, 3, 5, …, and the server's own are even. */
const servers: readonly (readonly Uint8Array[])[] = [
  [payloadFrame(1, 'answer', { flags: last }), payloadFrame(3, 'one'), payloadFrame(3, 'two', { flags: last })],
  [
    metadataPushFrame(hello),
    payloadFrame(1, 'a', { metadata: reply, flags: last }),
    payloadFrame(3, '', { flags: Flag.COMPLETE }),
  ],
  [requestNFrame(5, 3), payloadFrame(5, 'back'), cancelFrame(5), payloadFrame(5, 'end', { flags: last })],
  [
    payloadFrame(1, 'fra', { flags: Flag.NEXT | Flag.FOLLOWS }),
    payloadFrame(1, 'gments', { flags: last }),
    keepAliveFrame(true),
  ],
  [
    errorFrame(1, ErrorCode.APPLICATION_ERROR, 'no'),
    errorFrame(3, ErrorCode.REJECTED),
    errorFrame(5, ErrorCode.CANCELED),
  ],
  [metadataPushFrame(hello), errorFrame(1, ErrorCode.INVALID, '{"tag":"Invalid","message":"no","reply":[["a","b"]]}')],
  [leaseFrame(10_000, 10), payloadFrame(1, 'a', { flags: last }), leaseFrame(1, 0), leaseFrame(0x7fffffff, 0x7fffffff)],
  [responseFrame(2, 'hello'), streamFrame(4, 2, 'items'), requestNFrame(4, 1), cancelFrame(4), notifyFrame(6, 'hello')],
  [channelFrame(2, 4, 'hello', { metadata: rich }), payloadFrame(2, 'h'), payloadFrame(2, 'h', { flags: last })],
  [errorFrame(0, ErrorCode.REJECTED_SETUP, 'not you')],
  [errorFrame(0, ErrorCode.CONNECTION_CLOSE, 'bye'), payloadFrame(1, 'a', { flags: last })],
  [payloadFrame(3, 'one'), keepAliveFrame(false), resumeOkFrame(0), payloadFrame(3, 'two')],
  [resumeOkFrame(0), payloadFrame(1, 'a', { flags: last })],
  [extensionFrame(0, 0, 9), errorFrame(0, ErrorCode.CONNECTION_ERROR, 'off')],
];

const inputs = (conversations: readonly (readonly Uint8Array[])[]): readonly Input[] =>
  conversations.map((frames, shape) => ({ frames, shape }));

export const fromClients = inputs(clients);
export const fromServers = inputs(servers);

/** Every frame, to be put where it doesn't belong. */
export const allFrames: readonly Uint8Array[] = [...clients, ...servers].flat();
