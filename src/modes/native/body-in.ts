/** The body of a request, as uWebSockets.js brings it: collected, or read by the handler while it comes. */
import { HttpError } from '../../errors.ts';
import type { Counters } from '../../net/loop.ts';
import type { Wheel, WheelEntry } from '../../net/wheel.ts';
import { BodyStream, HIGH_WATER_BYTES } from '../../protocols/http1/body-stream.ts';
import type { UwsResponse } from './uws.ts';

export interface BodyHost {
  readonly counters: Counters;
  readonly wheel: Wheel;
  /** From a head to the end of its body; 0: for ever. */
  readonly requestTicks: number;
  readonly bodyLimitBytes: number;
  /** Handlers are called before the body has come. */
  readonly streams: boolean;
}

/** Whose body it is. Of one that is streamed it hears nothing: the handler does, where it reads. */
export interface BodyTaker {
  collected(body: Buffer): void;
  refused(status: number): void;
}

export class BodyIn implements WheelEntry {
  stamp = 0;
  bucket = -1;
  index = -1;
  /** Where it is streamed. */
  readonly source: BodyStream | undefined;
  readonly #host: BodyHost;
  readonly #from: UwsResponse;
  readonly #taker: BodyTaker;
  #pieces: Buffer[] = [];
  #received = 0;
  #paused = false;
  /** uWebSockets.js's object must not be touched again, and what it brings is not looked at. */
  #over = false;

  /** `length`: undefined where it comes in chunks. */
  constructor(host: BodyHost, from: UwsResponse, length: number | undefined, taker: BodyTaker) {
    this.source = host.streams ? new BodyStream(length, false, () => this.#readOn()) : undefined;
    this.#host = host;
    this.#from = from;
    this.#taker = taker;
    from.onData((chunk, isLast) => this.#onData(chunk, isLast));
    if (host.requestTicks > 0) host.wheel.add(this);
  }

  /** The client went within it. */
  abort(): void {
    this.source?.fail(new Error('The connection ended within the body.'));
    this.end();
  }

  /** Nobody waits for the rest. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#pieces = [];
    this.#untimed();
    if (this.source?.complete === false) this.source.discard();
  }

  // ---- the wheel's side: one that takes too long --------------------------------------------------------------------

  timeoutTicks(): number {
    return this.#host.requestTicks;
  }

  onDue(): void {
    this.#untimed();
    if (!this.#over) this.#fail(new HttpError(408, 'The request took too long.'));
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  #onData(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.#over || this.source?.failed === true) return;
    this.#received += chunk.byteLength;
    this.#host.counters.bytesIn += chunk.byteLength;
    if (this.#received > this.#host.bodyLimitBytes) {
      this.#fail(new HttpError(413, 'The body is too long.'));
      return;
    }
    if (isLast) this.#untimed();
    if (this.source === undefined) this.#collect(chunk, isLast);
    else this.#stream(chunk, isLast, this.source);
  }

  #collect(chunk: ArrayBuffer, isLast: boolean): void {
    if (chunk.byteLength > 0) this.#pieces.push(copyOf(chunk));
    if (!isLast) return;
    const body = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.end();
    this.#taker.collected(body);
  }

  #stream(chunk: ArrayBuffer, isLast: boolean, source: BodyStream): void {
    if (chunk.byteLength > 0) source.push(copyOf(chunk));
    if (isLast) {
      source.end('');
    } else if (source.waitingBytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#from.pause();
    }
  }

  #readOn(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#from.resume();
  }

  #fail(error: HttpError): void {
    if (this.source === undefined) this.#taker.refused(error.status);
    else this.source.fail(error);
  }

  #untimed(): void {
    if (this.bucket >= 0) this.#host.wheel.remove(this);
  }
}

/** The callback's memory is gone when it returns. */
function copyOf(chunk: ArrayBuffer): Buffer {
  return Buffer.from(chunk.slice(0));
}
