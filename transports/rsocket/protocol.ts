/** The numbers of RSocket 1.0 (Protocol.md: Frame Types, Flags, Error Codes). */

export const VERSION_MAJOR = 1;
export const VERSION_MINOR = 0;

export const FrameType = {
  SETUP: 0x01,
  LEASE: 0x02,
  KEEPALIVE: 0x03,
  REQUEST_RESPONSE: 0x04,
  REQUEST_FNF: 0x05,
  REQUEST_STREAM: 0x06,
  REQUEST_CHANNEL: 0x07,
  REQUEST_N: 0x08,
  CANCEL: 0x09,
  PAYLOAD: 0x0a,
  ERROR: 0x0b,
  METADATA_PUSH: 0x0c,
  RESUME: 0x0d,
  RESUME_OK: 0x0e,
  EXT: 0x3f,
} as const;

export const Flag = {
  IGNORE: 0x200,
  METADATA: 0x100,
  /** REQUEST_* and PAYLOAD: more fragments follow. */
  FOLLOWS: 0x80,
  /** KEEPALIVE: answer it. */
  RESPOND: 0x80,
  /** SETUP: resume is wanted. */
  RESUME: 0x80,
  /** REQUEST_CHANNEL and PAYLOAD: the last of this direction. */
  COMPLETE: 0x40,
  /** SETUP: leases will be honoured. */
  LEASE: 0x40,
  /** PAYLOAD: there is an item. */
  NEXT: 0x20,
} as const;

export const ErrorCode = {
  INVALID_SETUP: 0x001,
  UNSUPPORTED_SETUP: 0x002,
  REJECTED_SETUP: 0x003,
  REJECTED_RESUME: 0x004,
  CONNECTION_ERROR: 0x101,
  CONNECTION_CLOSE: 0x102,
  APPLICATION_ERROR: 0x201,
  REJECTED: 0x202,
  CANCELED: 0x203,
  INVALID: 0x204,
} as const;

/** The 24 bits of a frame length. */
export const MAX_FRAME = 0xffffff;
/** The 31 bits of a REQUEST_N. */
export const MAX_REQUEST = 0x7fffffff;
/** Stream id, type and flags. */
export const HEADER = 6;
/** The length before a frame on a transport without frames of its own. */
export const PREFIX = 3;
