/** Every bound of a connection in one table, from which come the code's checks, docs/limits.md and the tests of limit ± 1. */
import { count, duration, MeshError, param, type Param, size } from '../../framework/kernel.js';
import { MAX_FRAME } from './protocol.js';

const frameSize = (value: unknown): number => between(size(value), 64, MAX_FRAME);

/** A peer that lets this many times `unsent` wait is cut off. */
export const UNSENT_FACTOR = 12;

export const LIMITS = {
  connections: param(
    'rsocket.connections',
    10_000,
    count,
    'Connections a server holds; the next is refused with REJECTED_SETUP.',
  ),
  streams: param(
    'rsocket.streams',
    10_000,
    count,
    'Requests of a peer that may be open on one connection; the next is refused with REJECTED.',
  ),
  frame: param(
    'rsocket.frame',
    MAX_FRAME,
    frameSize,
    'Bytes of a frame that is accepted; a longer one ends the connection with CONNECTION_ERROR.',
  ),
  reassembly: param(
    'rsocket.reassembly',
    16 * 2 ** 20,
    size,
    'Bytes of data in one item put together of fragments; a longer one ends its stream with INVALID.',
  ),
  reassemblies: param(
    'rsocket.reassemblies',
    64 * 2 ** 20,
    size,
    'Bytes of unfinished items on one connection; the item that exceeds it ends its stream with INVALID.',
  ),
  metadata: param(
    'rsocket.metadata',
    64 * 2 ** 10,
    size,
    'Bytes of metadata in one item; more ends its stream with INVALID.',
  ),
  dialTime: param(
    'rsocket.dial-time',
    10_000,
    duration,
    'Milliseconds for a connection to be made, the handshakes of TLS and WebSocket included; then Unavailable.',
  ),
  setupTime: param(
    'rsocket.setup-time',
    10_000,
    duration,
    'Milliseconds from the connection to the whole SETUP frame; then INVALID_SETUP.',
  ),
  lifetime: param(
    'rsocket.lifetime',
    600_000,
    duration,
    'The longest lifetime in milliseconds that a client may ask for; a longer one is taken as this.',
  ),
  requestRate: param(
    'rsocket.request-rate',
    1_000_000,
    count,
    'Requests a second on one connection; more ends it with CONNECTION_ERROR.',
  ),
  cancelRate: param(
    'rsocket.cancel-rate',
    50_000,
    count,
    'CANCEL frames a second on one connection; more ends it with CONNECTION_ERROR.',
  ),
  ignoredRate: param(
    'rsocket.ignored-rate',
    100_000,
    count,
    'Frames a second that make no sense and are ignored; more ends the connection with CONNECTION_ERROR.',
  ),
  controlRate: param(
    'rsocket.control-rate',
    20_000,
    count,
    'KEEPALIVE and METADATA_PUSH frames a second on one connection; more ends it with CONNECTION_ERROR.',
  ),
  unsent: param(
    'rsocket.unsent',
    4 * 2 ** 20,
    size,
    `Bytes waiting for a peer that does not read; beyond it we read little from that peer, and at ${UNSENT_FACTOR} times it the connection ends.`,
  ),
  window: param(
    'rsocket.window',
    255,
    (value) => between(count(value), 1, MAX_FRAME),
    'Items that may be on their way or waiting on one stream whose consumer does not keep up.',
  ),
  fastWindow: param(
    'rsocket.fast-window',
    2048,
    (value) => between(count(value), 1, MAX_FRAME),
    'Items that may be on their way on one stream while its consumer takes them as they come.',
  ),
  firstWindow: param(
    'rsocket.first-window',
    32,
    (value) => between(count(value), 1, MAX_FRAME),
    'Items asked for when a stream begins.',
  ),
  resumeBytes: param(
    'rsocket.resume-bytes',
    4 * 2 ** 20,
    size,
    'Bytes of sent frames that a resumable connection keeps until the peer has them; one that needs older ones is not resumed.',
  ),
  resumeTotal: param(
    'rsocket.resume-total',
    256 * 2 ** 20,
    size,
    'Bytes of sent frames that all resumable connections of a server keep; those that send beyond it keep fewer.',
  ),
  resumeTime: param(
    'rsocket.resume-time',
    60_000,
    duration,
    'Milliseconds after which a lost connection that has not been resumed has ended.',
  ),
  leaseQueue: param(
    'rsocket.lease-queue',
    256,
    count,
    'Requests that wait for a lease on one connection; the next is Rejected here.',
  ),
  windowBytes: param(
    'rsocket.window-bytes',
    2 ** 20,
    size,
    'Bytes that may be on their way or waiting on one stream from a Millrace peer, and one item more.',
  ),
} as const satisfies Record<string, Param<number>>;

/** A value for each row of {@link LIMITS}. */
export type Limits = { readonly [K in keyof typeof LIMITS]: number };

/** The defaults with some rows replaced; a wrong value, or a row that isn't in the table, throws Invalid. */
export function limitsOf(some: { readonly [K in keyof Limits]?: number | string | undefined } = {}): Limits {
  const values: Record<string, number> = {};
  for (const [name, row] of Object.entries(LIMITS)) values[name] = row.initial;
  for (const [name, value] of Object.entries(some)) {
    const row = Object.hasOwn(LIMITS, name) ? LIMITS[name as keyof Limits] : undefined;
    if (row === undefined) throw invalid(`no limit ${name}; there are ${Object.keys(LIMITS).join(', ')}`);
    if (value === undefined) continue;
    try {
      values[name] = row.parse(value);
    } catch (cause) {
      throw invalid(`limit ${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  return values as Limits;
}

function between(value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw invalid(`${value} is not between ${least} and ${most}`);
}

function invalid(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_PARAM' });
}
