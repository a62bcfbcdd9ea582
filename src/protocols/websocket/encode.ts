/**
 * Writes messages, each as one frame, by hand into the scratch buffer (RFC 6455, 5.2). A string is text, bytes are
 * binary.
 */
import { Buffer } from 'node:buffer';
import { show } from '../framing/options.ts';
import type { Writer } from '../writer.ts';
import { CLOSE_TEXT_LIMIT_BYTES, isSendable } from './codes.ts';
import { compress, type Deflate } from './deflate.ts';
import {
  closeFrame,
  FIN,
  HEADER_BYTES,
  headerBytes,
  KEY_BYTES,
  MASK,
  Opcode,
  RSV1,
  writeHeader,
} from './frame.ts';
import { maskKey, xor } from './mask.ts';

/** Longer text is written by one call into C++, shorter by hand. */
const BY_HAND_CHARS = 20;
/** Longer text is measured before more room is made for it. */
const MEASURE_CHARS = 4096;

export class WebSocketEncoder {
  /** 0x80 where a client encodes. */
  readonly #mask: number;
  readonly #keyBytes: number;
  readonly #deflate: Deflate | undefined;

  /** @param deflate what was agreed on, if compressed messages were */
  constructor(isClient: boolean, deflate: Deflate | undefined) {
    this.#mask = isClient ? MASK : 0;
    this.#keyBytes = isClient ? KEY_BYTES : 0;
    this.#deflate = deflate;
  }

  /** @throws TypeError that names what is no message, having written nothing */
  encode(message: string | Uint8Array, writer: Writer): undefined {
    if (this.#deflate !== undefined && this.#compressed(message, this.#deflate, writer)) return;
    if (typeof message === 'string') this.#text(message, writer);
    else if (message instanceof Uint8Array) this.#bytes(FIN | Opcode.BINARY, message, writer);
    else
      throw new TypeError(`A WebSocket takes a string or a Uint8Array, and got ${show(message)}.`);
  }

  /** @throws TypeError where nobody may send that status, or the text is too long */
  close(status: number, text: string): Buffer {
    if (!Number.isInteger(status) || !isSendable(status)) {
      throw new TypeError(
        `The close status is ${show(status)}; it must be 1000 to 1003, 1007 to 1014, or 3000 to 4999.`,
      );
    }
    if (typeof text !== 'string' || Buffer.byteLength(text) > CLOSE_TEXT_LIMIT_BYTES) {
      throw new TypeError(
        `The close text is ${show(text)}; it must be a string of 123 bytes at most.`,
      );
    }
    return closeFrame(status, text, this.#mask !== 0);
  }

  #text(text: string, writer: Writer): void {
    const { length } = text;
    const fits = length <= MEASURE_CHARS || writer.hasRoom(length * 3 + HEADER_BYTES + KEY_BYTES);
    const most = fits ? length * 3 : Buffer.byteLength(text);
    const at = writer.reserve(headerBytes(most) + this.#keyBytes + most);
    const { buffer } = writer;
    // Where every character takes one byte, as in most text.
    let payload = at + headerBytes(length) + this.#keyBytes;
    const bytes =
      length <= BY_HAND_CHARS
        ? writeShort(text, buffer, payload)
        : buffer.write(text, payload, 'utf8');
    const moved = headerBytes(bytes) - headerBytes(length);
    if (moved > 0) {
      buffer.copyWithin(payload + moved, payload, payload + bytes);
      payload += moved;
    }
    this.#finish(FIN | Opcode.TEXT, at, payload, bytes, writer);
  }

  #bytes(first: number, bytes: Uint8Array, writer: Writer): void {
    const { length } = bytes;
    const header = headerBytes(length) + this.#keyBytes;
    const at = writer.reserve(header + length);
    writer.buffer.set(bytes, at + header);
    this.#finish(first, at, at + header, length, writer);
  }

  /** The payload is there: the header goes in front of it, and the mask over it. */
  #finish(first: number, at: number, payload: number, length: number, writer: Writer): void {
    const { buffer } = writer;
    writeHeader(buffer, at, first, length, this.#mask);
    if (this.#mask !== 0) {
      const key = maskKey();
      buffer.writeInt32BE(key, payload - KEY_BYTES);
      xor(buffer, payload, payload + length, key);
    }
    writer.length = payload + length;
  }

  /** False: it is better sent as it is. */
  #compressed(message: string | Uint8Array, deflate: Deflate, writer: Writer): boolean {
    const isText = typeof message === 'string';
    if (!isText && !(message instanceof Uint8Array)) return false;
    const bytes = isText ? Buffer.from(message) : message;
    if (bytes.length < deflate.thresholdBytes) return false;
    const first = FIN | RSV1 | (isText ? Opcode.TEXT : Opcode.BINARY);
    this.#bytes(first, compress(bytes, deflate), writer);
    return true;
  }
}

/** A call into C++ costs more than a few characters do. Returns the bytes written. */
function writeShort(text: string, buffer: Buffer, at: number): number {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return buffer.write(text, at, 'utf8');
    buffer[at + i] = code;
  }
  return text.length;
}
