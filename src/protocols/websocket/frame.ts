/**
 * How frames look (RFC 6455, 5.2).
 *
 *     FIN RSV1-3 opcode | MASK length | 2 or 8 bytes of length, where that is 126 or 127 | mask key | payload
 */
import { Buffer } from 'node:buffer';
import { maskKey, xor } from './mask.ts';

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export const FIN = 0x80;
/** Of the first frame of a message: it is compressed (RFC 7692, 6). */
export const RSV1 = 0x40;
/** Nobody has given them a meaning. */
export const RSV2_3 = 0x30;
export const OPCODE = 0x0f;
export const MASK = 0x80;
export const KEY_BYTES = 4;
/** The longest payload of a control frame (5.5), and whose length needs no bytes of its own. */
export const SHORT_BYTES = 125;
export const LENGTH_16 = 126;
export const LENGTH_64 = 127;
/** The longest header, without a mask key. */
export const HEADER_BYTES = 10;

/** Of a payload so long: header bytes without a mask key. */
export function headerBytes(length: number): number {
  if (length <= SHORT_BYTES) return 2;
  return length <= 0xffff ? 4 : HEADER_BYTES;
}

/** Writes a header of `headerBytes(length)`, mask key excluded. Returns the offset behind it. */
export function writeHeader(
  buffer: Buffer,
  at: number,
  first: number,
  length: number,
  mask: number,
): number {
  buffer[at] = first;
  if (length <= SHORT_BYTES) {
    buffer[at + 1] = mask | length;
    return at + 2;
  }
  if (length <= 0xffff) {
    buffer[at + 1] = mask | LENGTH_16;
    buffer[at + 2] = length >>> 8;
    buffer[at + 3] = length & 0xff;
    return at + 4;
  }
  buffer[at + 1] = mask | LENGTH_64;
  buffer.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
  buffer.writeUInt32BE(length >>> 0, at + 6);
  return at + HEADER_BYTES;
}

/** A control frame, in memory of its own. @param masked a client sends it */
export function controlFrame(opcode: number, payload: Uint8Array, masked: boolean): Buffer {
  const { length } = payload;
  const frame = Buffer.allocUnsafe(2 + (masked ? KEY_BYTES : 0) + length);
  let at = writeHeader(frame, 0, FIN | opcode, length, masked ? MASK : 0);
  if (!masked) {
    frame.set(payload, at);
    return frame;
  }
  const key = maskKey();
  frame.writeInt32BE(key, at);
  at += KEY_BYTES;
  frame.set(payload, at);
  xor(frame, at, frame.length, key);
  return frame;
}

/** `status` 0: a Close without one. The text MUST have 123 bytes at most. */
export function closeFrame(status: number, text: string, masked: boolean): Buffer {
  if (status === 0) return controlFrame(Opcode.CLOSE, Buffer.alloc(0), masked);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(text));
  payload.writeUInt16BE(status, 0);
  payload.write(text, 2, 'utf8');
  return controlFrame(Opcode.CLOSE, payload, masked);
}
