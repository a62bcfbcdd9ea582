/**
 * Finds one response, and hands its body on while it comes, however long it is (RFC 9112, 6 and 7), for the client:
 *
 *     head ─▶ MESSAGE ─▶ PART … PART ─▶ END
 *
 * After MESSAGE `take()` gives the response without its body; after PART the content is `[start, end)` of what was fed.
 */
import { Step } from '../protocol.ts';
import { CR, LF } from './chars.ts';
import { Scan } from './fields.ts';
import type { Limits } from './options.ts';
import { ResponseDecoder } from './response-decoder.ts';

const Phase = {
  HEAD: 0,
  LENGTH: 1,
  CHUNK_LINE: 2,
  CHUNK_DATA: 3,
  CHUNK_END: 4,
  TRAILERS: 5,
  TO_END: 6,
  OVER: 7,
} as const;

export class StreamingResponseDecoder extends ResponseDecoder {
  #phase: number = Phase.HEAD;
  /** Bytes to come: of the body where its length is known, else of the chunk. */
  #left = 0;

  constructor(limits: Limits) {
    super(Number.MAX_SAFE_INTEGER, { ...limits, bodyLimitBytes: Number.MAX_SAFE_INTEGER });
  }

  override next(): Step {
    for (;;) {
      switch (this.#phase) {
        case Phase.HEAD:
          return this.#head();
        case Phase.LENGTH:
          if (this.#left > 0) return this.#part(this.#left);
          this.#phase = Phase.OVER;
          break;
        case Phase.CHUNK_LINE: {
          const data = this.chunks.line(this.buffer, this.pos, this.stop, Infinity);
          if (data === Scan.REFUSED) return this.refuse(this.chunks.reason);
          if (data === Scan.MORE) return this.more(0);
          this.pos = data;
          this.#left = this.chunks.size;
          this.#phase = this.#left > 0 ? Phase.CHUNK_DATA : Phase.TRAILERS;
          if (this.#left === 0) this.chunks.trailers.restart(0);
          break;
        }
        case Phase.CHUNK_DATA:
          if (this.#left > 0) return this.#part(this.#left);
          this.#phase = Phase.CHUNK_END;
          break;
        case Phase.CHUNK_END:
          if (this.stop > this.pos && this.buffer[this.pos] !== CR) return this.#noEnd();
          if (this.stop - this.pos < 2) return this.more(2);
          if (this.buffer[this.pos + 1] !== LF) return this.#noEnd();
          this.pos += 2;
          this.#phase = Phase.CHUNK_LINE;
          break;
        case Phase.TRAILERS: {
          const { trailers } = this.chunks;
          const length = trailers.scan(this.buffer, this.pos, this.stop);
          if (length === Scan.REFUSED) return this.refuse(trailers.reason);
          if (length === Scan.MORE) return this.more(0);
          this.pos += length;
          this.#phase = Phase.OVER;
          break;
        }
        case Phase.TO_END:
          return this.#part(Infinity);
        default:
          return this.failure === undefined ? Step.END : Step.FAIL;
      }
    }
  }

  override finish(): Step {
    if (this.failure !== undefined) return Step.FAIL;
    if (this.#phase === Phase.TO_END || this.#phase === Phase.OVER) return Step.END;
    if (this.#phase === Phase.HEAD) return super.finish();
    this.#phase = Phase.OVER;
    return this.fail('CUT_SHORT', 'The peer ended within the body.');
  }

  #head(): Step {
    const step = this.head();
    if (step !== Step.MESSAGE) return step;
    this.start = this.pos;
    this.end = this.pos += this.bodyStart;
    if (this.isToEnd) {
      this.#phase = Phase.TO_END;
    } else if (this.fields.chunked) {
      this.#phase = Phase.CHUNK_LINE;
    } else {
      this.#phase = Phase.LENGTH;
      this.#left = this.fields.contentLength;
    }
    return Step.MESSAGE;
  }

  #part(most: number): Step {
    const length = Math.min(most, this.stop - this.pos);
    if (length === 0) return this.more(0);
    this.start = this.pos;
    this.end = this.pos += length;
    this.#left -= length;
    return Step.PART;
  }

  #noEnd(): Step {
    return this.refuse('A chunk is not followed by CR LF.');
  }

  protected override refuse(reason: string): Step {
    this.#phase = Phase.OVER;
    return super.refuse(reason);
  }
}
