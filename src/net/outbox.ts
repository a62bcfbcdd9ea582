/**
 * The way out of one connection. What its own read produced goes from the loop's writer to the wire in one write. What
 * comes at any other time (late replies, pushes, streams) waits here until the end of the turn, and then goes out in one
 * write too.
 */
import type { Writer } from '../protocols/writer.ts';
import type { Wire } from './wire.ts';

export class Outbox {
  /** Bytes (of text: characters) that wait here. */
  waitingBytes = 0;
  #pieces: Array<Uint8Array | string> = [];

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Takes over what a writer holds. Text is joined as text, and encoded once. False: it held nothing. */
  take(writer: Writer): boolean {
    if (writer.size === 0) return false;
    this.waitingBytes += writer.size;
    const pieces = this.#pieces;
    const text = writer.string;
    if (text === '') {
      pieces.push(writer.single ?? Buffer.from(writer.buffer.subarray(0, writer.length)));
    } else if (writer.latin1Only) {
      pieces.push(Buffer.from(text, 'latin1'));
    } else if (typeof pieces.at(-1) === 'string') {
      pieces[pieces.length - 1] = (pieces.at(-1) as string) + text;
    } else {
      pieces.push(text);
    }
    writer.clear();
    return true;
  }

  flush(wire: Wire): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.waitingBytes = 0;
    if (pieces.length > 1) wire.write(Buffer.concat(pieces.map(toBytes)));
    else if (typeof pieces[0] === 'string') wire.writeText(pieces[0], 'utf8');
    else wire.write(pieces[0]);
  }

  clear(): void {
    this.#pieces = [];
    this.waitingBytes = 0;
  }
}

/** Sends what a writer holds, and makes it ready for the next connection. False: it held nothing. */
export function flushWriter(writer: Writer, wire: Wire): boolean {
  if (writer.length > 0) {
    if (wire.write(writer.buffer.subarray(0, writer.length))) writer.clear();
    else writer.surrender(); // the kernel has not taken it all: the memory stays the wire's
  } else if (writer.string !== '') {
    wire.writeText(writer.string, writer.latin1Only ? 'latin1' : 'utf8');
    writer.clear();
  } else if (writer.single !== undefined) {
    wire.write(writer.single);
    writer.clear();
  } else {
    return false;
  }
  return true;
}

/** The bytes that a writer holds. Empties it. */
export function takeBytes(writer: Writer): Uint8Array {
  let bytes: Uint8Array;
  if (writer.string !== '')
    bytes = Buffer.from(writer.string, writer.latin1Only ? 'latin1' : 'utf8');
  else bytes = writer.single ?? Buffer.from(writer.buffer.subarray(0, writer.length));
  writer.clear();
  return bytes;
}

function toBytes(piece: Uint8Array | string): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
}
