/**
 * Finds the heads of requests, and hands each body on while it comes.
 *
 *     head ─▶ MESSAGE ─▶ PART … PART ─▶ head        WAIT: nobody takes what has come
 *          └▶ HOLD first, where 100 Continue is due: it must go out behind every earlier reply, before its own
 */
import type { ProtocolError } from '../../errors.ts';
import { HttpError } from '../../errors.ts';
import { copyBytes } from '../framing/decoder.ts';
import { Step } from '../protocol.ts';
import { BodyStream, HIGH_WATER_BYTES } from './body-stream.ts';
import { CR, LF } from './chars.ts';
import { ChunkScanner } from './chunks.ts';
import { Scan } from './fields.ts';
import type { HeadLines } from './head-lines.ts';
import type { Limits } from './options.ts';
import { Phase, RequestHeadDecoder } from './request-head.ts';
import { CONTINUE_BYTES } from './request-decoder.ts';
import { NO_BODY, type HttpRequest } from './request.ts';

/** The head is found, and its message waits for HOLD. */
const HELD = Phase.BODY;
const LENGTH = Phase.BODY + 1;
const CHUNK_LINE = Phase.BODY + 2;
const CHUNK_DATA = Phase.BODY + 3;
const CHUNK_END = Phase.BODY + 4;
const TRAILERS = Phase.BODY + 5;

export class StreamingRequestDecoder extends RequestHeadDecoder {
  /** Contract: the last message is still coming. */
  unfinished = false;
  /** Contract: called when there is room after WAIT. */
  resume: (() => void) | undefined = undefined;

  readonly #chunks: ChunkScanner;
  #body: BodyStream | undefined = undefined;
  /** Bytes to come: of the body where its length is known, else of the chunk. */
  #left = 0;
  #content = 0;
  #framing = 0;

  constructor(limits: Limits, lines: HeadLines) {
    super(Infinity, limits, lines);
    this.#chunks = new ChunkScanner(limits);
  }

  take(): HttpRequest {
    return this.make(this.start, NO_BODY, '', this.#body);
  }

  protected bodiless(): Step {
    this.#body = undefined;
    this.#found();
    this.endRequest();
    return Step.MESSAGE;
  }

  protected beginBody(): Step {
    if (this.continueDue && this.stop === this.pos + this.bodyStart) {
      this.phase = HELD;
      return Step.HOLD;
    }
    this.continueDue = false; // it has not waited (RFC 9110, 10.1.1)
    return this.#announce();
  }

  protected goOn(): Step {
    if (this.phase === HELD) return this.#announce();
    const body = this.#body!;
    if (body.continueDue) {
      if (body.discarded) body.continueDue = false;
      else if (!body.asked && this.stop === this.pos) return Step.WAIT;
      else return this.#answer(body);
    }
    if (body.waitingBytes >= HIGH_WATER_BYTES) return Step.WAIT;
    switch (this.phase) {
      case LENGTH:
        return this.#data(body);
      case CHUNK_LINE:
        return this.#chunkLine();
      case CHUNK_DATA:
        return this.#data(body);
      case CHUNK_END:
        return this.#chunkEnd();
      default:
        return this.#trailers(body);
    }
  }

  override finish(): Step {
    if (!this.unfinished || this.failure !== undefined) return super.finish();
    return this.#failBody(400, 'CUT_SHORT', 'The client ended within the body.');
  }

  /** Contract: the connection ends, or nothing more of it is decoded. */
  ended(): void {
    if (this.unfinished) this.#body?.fail(new Error('The connection ended within the body.'));
  }

  override expire(): ProtocolError {
    if (!this.unfinished) return super.expire();
    this.#failBody(408, 'CUT_SHORT', 'The request took too long.');
    return this.failure!;
  }

  /** The head's message. */
  #announce(): Step {
    const { chunked, contentLength } = this.fields;
    this.#left = chunked ? 0 : contentLength;
    this.#content = this.#framing = 0;
    this.#body = new BodyStream(chunked ? undefined : contentLength, this.continueDue, () =>
      this.resume?.(),
    );
    this.#found();
    this.phase = chunked ? CHUNK_LINE : LENGTH;
    this.unfinished = true;
    this.deadlineMs = this.limits.requestTimeoutMs;
    return Step.MESSAGE;
  }

  #found(): void {
    this.start = this.pos;
    this.end = this.pos += this.bodyStart;
  }

  #answer(body: BodyStream): Step {
    const arrived = this.stop > this.pos;
    body.continueDue = false;
    if (arrived) return Step.PART;
    this.control = CONTINUE_BYTES;
    return Step.URGENT;
  }

  #data(body: BodyStream): Step {
    const length = Math.min(this.stop - this.pos, this.#left);
    if (length === 0) return this.#more();
    if (!body.discarded) body.push(copyBytes(this.buffer, this.pos, this.pos + length));
    else if (body.remaining !== undefined) body.remaining -= length;
    this.pos += length;
    this.#left -= length;
    if (this.#left > 0) return Step.PART;
    if (this.phase === LENGTH) return this.#whole(body, '');
    this.phase = CHUNK_END;
    return Step.PART;
  }

  #chunkLine(): Step {
    const chunks = this.#chunks;
    const data = chunks.line(this.buffer, this.pos, this.stop, Infinity);
    if (data === Scan.MORE) return this.#more();
    if (data === Scan.REFUSED) return this.#failBody(chunks.status, undefined, chunks.reason);
    this.#framing += data - this.pos + 2;
    this.pos = data;
    this.#left = chunks.size;
    this.#content += chunks.size;
    if (this.#content > this.limits.bodyLimitBytes) {
      return this.#failBody(413, undefined, 'The body is too long.');
    }
    if (chunks.size > 0 && this.#framing > this.#content + this.limits.headLimitBytes) {
      return this.#failBody(413, undefined, 'The body has more chunk framing than content.');
    }
    if (chunks.size === 0) chunks.trailers.restart(0);
    this.phase = chunks.size === 0 ? TRAILERS : CHUNK_DATA;
    return Step.PART;
  }

  #chunkEnd(): Step {
    const { buffer, pos, stop } = this;
    if ((pos < stop && buffer[pos] !== CR) || (pos + 1 < stop && buffer[pos + 1] !== LF)) {
      return this.#failBody(400, undefined, 'A chunk is not followed by CR LF.');
    }
    if (stop - pos < 2) return this.#more();
    this.pos += 2;
    this.phase = CHUNK_LINE;
    return Step.PART;
  }

  #trailers(body: BodyStream): Step {
    const { trailers } = this.#chunks;
    const end = trailers.scan(this.buffer, this.pos, this.stop);
    if (end === Scan.MORE) return this.#more();
    if (end === Scan.REFUSED) return this.#failBody(trailers.status, undefined, trailers.reason);
    const late = this.buffer.toString('latin1', this.pos, this.pos + end - 2);
    this.pos += end;
    return this.#whole(body, late);
  }

  #whole(body: BodyStream, trailers: string): Step {
    this.unfinished = false;
    this.endRequest();
    body.end(trailers);
    return Step.PART;
  }

  #more(): Step {
    return this.pause(this.limits.requestTimeoutMs, 0);
  }

  /** The reader is told, and answers with that status if it does not catch it: the refusal itself has no reply. */
  #failBody(status: number, code: 'CUT_SHORT' | undefined, reason: string): Step {
    this.phase = Phase.OVER;
    this.unfinished = false;
    this.#body!.fail(new HttpError(status, reason));
    const known = code ?? (status === 413 || status === 431 ? 'TOO_LARGE' : 'MALFORMED');
    return this.fail(known, `${status}: ${reason}`);
  }
}
