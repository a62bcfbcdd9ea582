/**
 * Finds whole requests (RFC 9112, 2.1): head, then body.
 *
 *     head ─▶ (no body) ─▶ MESSAGE          LENGTH: as many bytes as Content-Length says
 *          └▶ LENGTH or CHUNKS ─▶ MESSAGE   CHUNKS: up to the end of a chunked body
 */
import { Buffer } from 'node:buffer';
import { copyBytes } from '../framing/decoder.ts';
import { Step } from '../protocol.ts';
import { ChunkScanner, joinChunks } from './chunks.ts';
import { Scan } from './fields.ts';
import { CONTINUE, type HeadLines } from './head-lines.ts';
import type { Limits } from './options.ts';
import { Phase, RequestHeadDecoder } from './request-head.ts';
import { NO_BODY, type HttpRequest } from './request.ts';

const LENGTH = Phase.BODY;
const CHUNKS = Phase.BODY + 1;

export const CONTINUE_BYTES = Buffer.from(CONTINUE, 'latin1');

export class RequestDecoder extends RequestHeadDecoder {
  readonly #chunks: ChunkScanner;

  /** `limitBytes`: of a whole request. */
  constructor(limitBytes: number, limits: Limits, lines: HeadLines) {
    super(limitBytes, limits, lines);
    this.#chunks = new ChunkScanner(limits);
  }

  take(): HttpRequest {
    const { buffer, start } = this;
    const bodyStart = start + this.bodyStart;
    if (this.end === bodyStart) return this.make(start, NO_BODY, '', undefined);
    if (!this.fields.chunked) {
      return this.make(start, copyBytes(buffer, bodyStart, this.end), '', undefined);
    }
    const { trailers, length } = this.#chunks;
    const late =
      trailers.count === 0 ? '' : buffer.toString('latin1', start + trailers.start, this.end - 2);
    return this.make(start, joinChunks(buffer, bodyStart, length), late, undefined);
  }

  protected bodiless(): Step {
    return this.#found(this.bodyStart);
  }

  protected beginBody(): Step {
    if (this.fields.chunked) {
      this.#chunks.restart(this.bodyStart, this.limit);
      this.phase = CHUNKS;
    } else {
      if (this.bodyStart + this.fields.contentLength > this.limit) {
        return this.refuse(413, 'The body is too long.');
      }
      this.phase = LENGTH;
    }
    return this.goOn();
  }

  protected goOn(): Step {
    let want: number;
    if (this.phase === LENGTH) {
      want = this.bodyStart + this.fields.contentLength;
      if (this.stop - this.pos >= want) return this.#found(want);
    } else {
      const chunks = this.#chunks;
      const end = chunks.scan(this.buffer, this.pos, this.stop);
      if (end >= 0) return this.#found(end);
      if (end === Scan.REFUSED) return this.refuse(chunks.status, chunks.reason);
      ({ want } = chunks);
    }
    if (!this.continueDue) return this.pause(this.limits.requestTimeoutMs, want);
    // The client waits for it before it sends the body (RFC 9110, 10.1.1).
    this.continueDue = false;
    this.control = CONTINUE_BYTES;
    return Step.ANSWER;
  }

  #found(length: number): Step {
    this.start = this.pos;
    this.end = this.pos += length;
    this.endRequest();
    return Step.MESSAGE;
  }
}
