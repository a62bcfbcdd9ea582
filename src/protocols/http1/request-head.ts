/** What collecting and streaming decoders share: the head of a request, and what it says about the body. */
import { ProtocolError } from '../../errors.ts';
import { BaseDecoder } from '../framing/decoder.ts';
import { Step } from '../protocol.ts';
import { CR, LF } from './chars.ts';
import { FieldScanner, NO_LENGTH, Scan } from './fields.ts';
import type { HeadLines } from './head-lines.ts';
import type { Limits } from './options.ts';
import { refusal, refusalBytes } from './refusal.ts';
import { RequestLineScanner } from './request-line.ts';
import { HttpRequest, type RequestBody } from './request.ts';

/** Where a decoder is. From BODY on a phase is the subclass's own. */
export const Phase = { LINE: 0, FIELDS: 1, OVER: 2, BODY: 3 } as const;

export abstract class RequestHeadDecoder extends BaseDecoder<HttpRequest> {
  /** Contract: how long the request under way may take from its first byte on. */
  deadlineMs = 0;

  protected readonly limits: Limits;
  protected readonly line: RequestLineScanner;
  protected readonly fields: FieldScanner;
  protected phase: number = Phase.LINE;
  /** Where the body begins, from the message's start. */
  protected bodyStart = 0;
  protected keepAlive = true;
  protected upgrade = false;
  /** 100 Continue is due before the body. */
  protected continueDue = false;
  readonly #lines: HeadLines;
  /** An empty line was skipped in front of this request. */
  #skipped = false;
  /** An upgrade was asked for: nothing more until it is answered. */
  #hold = false;

  constructor(limitBytes: number, limits: Limits, lines: HeadLines) {
    super(limitBytes);
    this.limits = limits;
    this.line = new RequestLineScanner(limits);
    this.fields = new FieldScanner(limits.headLimitBytes, limits.headerLimit, false);
    this.#lines = lines;
  }

  next(): Step {
    if (this.phase === Phase.LINE) {
      if (this.#hold) {
        this.#hold = false;
        return Step.HOLD;
      }
      if (this.pos === this.stop) return this.pause(0, 0);
      const end = this.#scanLine();
      if (end === Scan.REFUSED) return this.refuse(this.line.status, this.line.reason);
      if (end === Scan.MORE) return this.#pauseHead();
      this.fields.restart(end);
      this.phase = Phase.FIELDS;
    }
    if (this.phase === Phase.FIELDS) {
      const end = this.fields.scan(this.buffer, this.pos, this.stop);
      if (end === Scan.REFUSED) return this.refuse(this.fields.status, this.fields.reason);
      if (end === Scan.MORE) return this.#pauseHead();
      this.bodyStart = end;
      const reason = this.#check();
      if (reason !== '') return this.refuse(this.fields.status, reason);
      if (!this.fields.chunked && this.fields.contentLength <= 0) return this.bodiless();
      return this.beginBody();
    }
    if (this.phase !== Phase.OVER) return this.goOn();
    return this.failure === undefined ? Step.END : Step.FAIL;
  }

  /** The head is there and no body follows. */
  protected abstract bodiless(): Step;
  /** The head is there. Sets a phase of its own. */
  protected abstract beginBody(): Step;
  /** In a phase of its own. */
  protected abstract goOn(): Step;

  override finish(): Step {
    if (this.phase === Phase.OVER && this.failure === undefined) return Step.END;
    const step = super.finish();
    if (step === Step.FAIL) this.phase = Phase.OVER;
    return step;
  }

  /** Contract: the deadline has passed. */
  expire(): ProtocolError {
    return new ProtocolError(
      'CUT_SHORT',
      '408: The request took too long.',
      refusalBytes(408, this.#lines),
    );
  }

  /** @param start where the request begins in the buffer. */
  protected make(
    start: number,
    body: Buffer,
    trailers: string,
    source: RequestBody | undefined,
  ): HttpRequest {
    const { line, fields } = this;
    const head = this.buffer.toString('latin1', start, start + this.bodyStart - 2);
    return new HttpRequest(
      line.method,
      head.slice(line.targetStart, line.targetEnd),
      line.minorVersion,
      this.keepAlive,
      this.upgrade,
      head,
      fields.start,
      body,
      trailers,
      source,
    );
  }

  /** The request under way has come whole: the next one may begin. */
  protected endRequest(): void {
    this.line.restart();
    this.#skipped = false;
    this.#hold = this.upgrade;
    // RFC 9112, 9.6: nothing behind the last request is looked at.
    this.phase = this.keepAlive ? Phase.LINE : Phase.OVER;
    this.deadlineMs = 0;
  }

  protected pause(deadlineMs: number, want: number): Step {
    this.deadlineMs = deadlineMs;
    return this.more(want);
  }

  protected refuse(status: number, reason: string): Step {
    this.phase = Phase.OVER;
    const error = refusal(status, reason, this.#lines);
    return this.fail(error.code, error.message, error.reply);
  }

  #pauseHead(): Step {
    // What waits may be nothing: an empty line was dropped.
    return this.pause(this.pos === this.stop ? 0 : this.limits.headTimeoutMs, 0);
  }

  #scanLine(): number {
    const { buffer } = this;
    // RFC 9112, 2.2: one empty line in front is no harm; old clients send one behind a body.
    if (buffer[this.pos] === CR && !this.#skipped) {
      if (this.pos + 1 === this.stop) return Scan.MORE;
      if (buffer[this.pos + 1] === LF) {
        this.pos += 2;
        this.#skipped = true;
        if (this.pos === this.stop) return Scan.MORE;
      }
    }
    return this.line.scan(buffer, this.pos, this.stop);
  }

  /** Whether the head fits together. Returns what is wrong, or ''. */
  #check(): string {
    const { fields } = this;
    const old = this.line.minorVersion === 0;
    fields.status = 400;
    if (fields.hosts === 0 && !old) return 'The Host is missing.';
    if (fields.chunked && fields.contentLength !== NO_LENGTH) {
      return 'There are a Content-Length and a Transfer-Encoding.';
    }
    if (fields.chunked && old) return 'HTTP/1.0 has no Transfer-Encoding.';
    if (fields.chunked && this.limits.lengthRequired) {
      fields.status = 411;
      return 'The Content-Length is missing.';
    }
    if (fields.expectOther && !old) {
      fields.status = 417;
      return 'Nothing but 100-continue can be expected.';
    }
    if (fields.contentLength > this.limits.bodyLimitBytes) {
      fields.status = 413;
      return 'The body is too long.';
    }
    this.keepAlive = !fields.close && (!old || fields.keepAlive);
    this.upgrade = fields.upgrade && fields.upgradeOption && this.keepAlive && !old;
    this.continueDue = fields.expectContinue && !old;
    return '';
  }
}
