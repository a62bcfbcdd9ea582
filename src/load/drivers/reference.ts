/** Speaks to the reference server (../reference/): numbered records, so that its log can be held against ours. */
import { Buffer } from 'node:buffer';
import type { Writer } from '../../protocols/writer.ts';
import { Fifo } from '../fifo.ts';
import { RECORD_BYTES } from '../reference/record.ts';
import { Found, type Driver, type Session } from './driver.ts';

export function referenceDriver(): Driver {
  return { session: () => new ReferenceSession() };
}

class ReferenceSession implements Session {
  readonly control = undefined;
  problem = '';
  readonly #due = new Fifo<number>();
  readonly #partial = Buffer.alloc(RECORD_BYTES);
  #partialBytes = 0;
  #buffer: Buffer = this.#partial;
  #pos = 0;
  #end = 0;

  open(): boolean {
    return true;
  }

  request(sequence: number, writer: Writer): void {
    const at = writer.reserve(RECORD_BYTES);
    writer.buffer.fill(0, at, at + RECORD_BYTES);
    writer.buffer.writeDoubleLE(sequence, at);
    writer.length = at + RECORD_BYTES;
    this.#due.push(sequence);
  }

  feed(buffer: Buffer, end: number): void {
    this.#buffer = buffer;
    this.#pos = 0;
    this.#end = end;
  }

  next(): Found {
    const taken = Math.min(RECORD_BYTES - this.#partialBytes, this.#end - this.#pos);
    this.#buffer.copy(this.#partial, this.#partialBytes, this.#pos, this.#pos + taken);
    this.#pos += taken;
    this.#partialBytes += taken;
    if (this.#partialBytes < RECORD_BYTES) return Found.MORE;
    this.#partialBytes = 0;
    if (this.#due.length === 0) {
      this.problem = 'an answer came that no request had asked for';
      return Found.FAIL;
    }
    const wanted = this.#due.shift();
    const sequence = this.#partial.readDoubleLE();
    if (sequence === wanted) return Found.ANSWER;
    this.problem = `the answer to request ${sequence} came for ${wanted}`;
    return Found.WRONG;
  }

  finish(): Found {
    return this.#partialBytes === 0 ? Found.END : Found.FAIL;
  }
}
