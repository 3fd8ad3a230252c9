/** Frames between bytes and the objects of rsocket-js, where its own codec reads them wrongly or not at all. */
import type { deserializeFrame, Frame, serializeFrame } from 'rsocket-core';
import { readUint16 } from './bytes.js';
import { FrameType, HEADER } from './protocol.js';

/** What is used of `rsocket-core`. */
export interface StockCodec {
  readonly serializeFrame: typeof serializeFrame;
  readonly deserializeFrame: typeof deserializeFrame;
}

/** The object of a frame; its bytes stay in use. */
export type FrameReader = (bytes: Uint8Array) => Frame;

/**
 * rsocket-js throws a ReferenceError for METADATA_PUSH, and reads the codes of errors with their top bit set as negative numbers
 * that it then can't write.
 */
export function readFrame({ deserializeFrame }: StockCodec): FrameReader {
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const typeAndFlags = readUint16(buffer, 4);
    if (typeAndFlags >>> 10 === FrameType.METADATA_PUSH)
      return {
        type: FrameType.METADATA_PUSH,
        streamId: 0,
        flags: typeAndFlags & 0x3ff,
        metadata: buffer.subarray(HEADER),
      };
    return unsigned(deserializeFrame(buffer));
  };
}

/** The bytes of a frame; none for those that rsocket-js doesn't know, such as extensions, of which it gives no object. */
export function writeFrame({ serializeFrame }: StockCodec, frame: Frame | undefined): Uint8Array | undefined {
  return frame === undefined ? undefined : serializeFrame(unsigned(frame));
}

function unsigned(frame: Frame): Frame {
  return frame?.type === FrameType.ERROR ? { ...frame, code: frame.code >>> 0 } : frame;
}
