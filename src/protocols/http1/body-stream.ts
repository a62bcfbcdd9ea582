/**
 * A request's body on its way: the decoder puts pieces in, whoever reads takes them out.
 *
 *     decoder ──push──▶ [ piece piece ] ──next──▶ reader
 *        ▲                                          │
 *        └──────────── wake: there is room ◀────────┘
 */
import type { Buffer } from 'node:buffer';
import { HttpHeaders, NO_HEADERS } from './headers.ts';
import type { RequestBody } from './request.ts';

/** So many bytes unread, and no more are read from the client: 64 KiB, one read. */
export const HIGH_WATER_BYTES = 64 * 1024;

type Result = IteratorResult<Buffer, undefined>;
const DONE: Result = Object.freeze({ done: true, value: undefined });

export class BodyStream implements RequestBody, AsyncIterableIterator<Buffer, undefined> {
  complete = false;
  /** Nobody will read on. */
  discarded = false;
  /** Somebody has asked for it. */
  asked = false;
  continueDue: boolean;
  /** Bytes still to come of a body whose length is known; else undefined. */
  remaining: number | undefined;
  /** Bytes that nobody has taken yet. */
  waitingBytes = 0;
  trailers: HttpHeaders = NO_HEADERS;
  #pieces: Buffer[] = [];
  #error: Error | undefined = undefined;
  #reader: PromiseWithResolvers<Result> | undefined = undefined;
  #wake: () => void;

  /** `wake` is called when the decoder may go on. */
  constructor(length: number | undefined, continueDue: boolean, wake: () => void) {
    this.remaining = length;
    this.continueDue = continueDue;
    this.#wake = wake;
  }

  // ---- the reader's side ----------------------------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws HttpError where the body is refused, Error where the connection ends within it. */
  next(): Promise<Result> {
    const wasAsked = this.asked;
    this.asked = true;
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      const wasFull = this.waitingBytes >= HIGH_WATER_BYTES;
      this.waitingBytes -= piece.length;
      if (wasFull && this.waitingBytes < HIGH_WATER_BYTES) this.#wake();
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.complete || this.discarded) return Promise.resolve(DONE);
    if (this.#reader !== undefined) {
      return Promise.reject(new TypeError('The body is being read already: wait for each piece.'));
    }
    this.#reader = Promise.withResolvers<Result>();
    const { promise } = this.#reader;
    if (!wasAsked && this.continueDue) this.#wake();
    return promise;
  }

  /** The reader has had enough. */
  return(): Promise<Result> {
    this.discard();
    return Promise.resolve(DONE);
  }

  discard(): void {
    if (this.discarded) return;
    this.discarded = true;
    this.#pieces = [];
    this.waitingBytes = 0;
    this.#settle(DONE);
    if (!this.complete) this.#wake();
  }

  get unasked(): boolean {
    return this.continueDue;
  }

  answerContinue(): boolean {
    const due = this.continueDue;
    this.continueDue = false;
    if (due) this.#wake();
    return due;
  }

  // ---- the decoder's side ---------------------------------------------------------------------------------------------

  /** `piece` is the reader's own. */
  push(piece: Buffer): void {
    if (this.remaining !== undefined) this.remaining -= piece.length;
    if (this.discarded) return;
    if (this.#reader !== undefined) {
      this.#settle({ done: false, value: piece });
      return;
    }
    this.#pieces.push(piece);
    this.waitingBytes += piece.length;
  }

  end(trailers: string): void {
    this.complete = true;
    if (trailers !== '') this.trailers = new HttpHeaders(trailers);
    this.#settle(DONE);
  }

  /** It will not come whole. What has come can still be read. */
  fail(error: Error): void {
    if (this.complete || this.#error !== undefined) return;
    this.#error = error;
    this.continueDue = false;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.reject(error);
  }

  get failed(): boolean {
    return this.#error !== undefined;
  }

  #settle(result: Result): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve(result);
  }
}
