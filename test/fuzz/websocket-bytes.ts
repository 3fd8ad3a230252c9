/** WebSocket written by hand, right or wrong: the opening handshake of both sides, and messages. */
import { createHash } from 'node:crypto';
import { cut } from './chunks.js';
import type { Dice } from './dice.js';
import type { Input } from './input.js';

const BINARY = 2;

export function opening(): Uint8Array {
  const key = Buffer.alloc(16, 'k').toString('base64');
  return Buffer.from(
    `GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
}

/** The server's answer to a client's opening. */
export function accepting(request: string): Uint8Array {
  const key = /sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** One byte in so many openings is wrong. */
export function scratched(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (!dice.once(40)) return bytes;
  const copy = Uint8Array.from(bytes);
  copy[dice.below(copy.length)] = dice.below(256);
  return copy.subarray(0, dice.once(4) ? dice.below(copy.length) : copy.length);
}

/** The input's frames as messages, some in fragments, some of another kind or with a wrong header, in pieces. */
export function messagesOf(input: Input, masked: boolean, dice: Dice): Uint8Array[] {
  const messages = input.frames.flatMap((frame) => {
    if (dice.once(60)) return [message(dice.pick([0, 1, 3, 8, 9, 9, 10, 15]), frame.subarray(0, 100), true, masked)];
    if (!dice.once(8)) return [message(BINARY, frame, true, masked)];
    const at = dice.below(frame.length + 1);
    return [message(BINARY, frame.subarray(0, at), false, masked), message(0, frame.subarray(at), true, masked)];
  });
  for (const each of messages) if (dice.once(150)) each[dice.below(2)] = dice.below(256);
  const whole = Buffer.concat(messages);
  return dice.once(2) ? messages : cut(whole, () => 1 + dice.below(whole.length + 1));
}

function message(opcode: number, content: Uint8Array, last: boolean, masked: boolean): Uint8Array {
  const { length } = content;
  const mask = masked ? 0x80 : 0;
  const size =
    length < 126
      ? [mask | length]
      : length < 65_536
        ? [mask | 126, length >>> 8, length & 0xff]
        : [mask | 127, 0, 0, 0, 0, ...bytes32(length)];
  const key = masked ? [1, 2, 3, 4] : [];
  const body = masked ? content.map((byte, at) => byte ^ (key[at % 4] ?? 0)) : content;
  return Buffer.concat([Uint8Array.of((last ? 0x80 : 0) | opcode, ...size, ...key), body]);
}

function bytes32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
