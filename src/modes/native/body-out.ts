/** The body of a long reply: what the peer has not taken waits here, and not in uWebSockets.js. */
import type { Counters } from '../../net/loop.ts';
import { StreamPump } from '../../net/stream-pump.ts';
import type { Source } from '../../protocols/http1/response-stream.ts';
import type { UwsResponse } from './uws.ts';

export interface OutHost {
  readonly counters: Counters;
  /** Those that are pulled. */
  readonly bodies: Set<StreamPump>;
  /** The server stops: connections end behind their replies. */
  readonly draining: boolean;
}

/** Whose body it is. */
export interface Sender {
  /** What is written goes out in one write. */
  corked<T>(write: () => T): T;
  /** uWebSockets.js's object must not be touched again. */
  done(): void;
  /** Its source failed. */
  failed(error: unknown): void;
}

export class BodyOut {
  readonly #host: OutHost;
  readonly #to: UwsResponse;
  readonly #sender: Sender;
  #pump: StreamPump | undefined = undefined;
  /** Takes what uWebSockets.js did not, from that offset of the whole body on. */
  #onWritable: ((offset: number) => boolean) | undefined = undefined;
  #over = false;

  constructor(host: OutHost, to: UwsResponse, sender: Sender) {
    this.#host = host;
    this.#to = to;
    this.#sender = sender;
  }

  /** The exchange has ended. */
  end(): void {
    this.#over = true;
    if (this.#pump === undefined) return;
    this.#host.bodies.delete(this.#pump);
    this.#pump.cancel();
    this.#pump = undefined;
  }

  send(bytes: Uint8Array, total: number): void {
    this.#host.counters.bytesOut += total;
    const [, isDone] = this.#sender.corked(() => this.#to.tryEnd(bytes, total));
    if (isDone) {
      this.#sender.done();
      return;
    }
    this.#writable((offset) => {
      const [taken, done] = this.#to.tryEnd(bytes.subarray(offset), total);
      if (done) this.#sender.done();
      return taken;
    });
  }

  /** `total`: its Content-Length; undefined: chunks. */
  pull(source: Source, total: number | undefined): void {
    const pump = new StreamPump(source, {
      write: (chunk) => {
        if (this.#over) return false;
        this.#host.counters.bytesOut += chunk.length;
        return total === undefined ? this.#writeChunk(chunk) : this.#writePart(chunk, total);
      },
      done: (error, failed) => this.#pulled(pump, error, failed),
    });
    this.#pump = pump;
    this.#host.bodies.add(pump);
    if (this.#host.draining) pump.drain();
    this.#writable((offset) => this.#onWritable?.(offset) ?? (pump.resume(), true));
    pump.resume();
  }

  #pulled(pump: StreamPump, error: unknown, failed: boolean): void {
    this.#host.bodies.delete(pump);
    this.#pump = undefined;
    if (this.#over) return;
    if (failed) {
      // Its first bytes are out: nothing but the end can tell the peer that the rest is missing.
      this.#sender.failed(error);
      this.#to.close();
    } else {
      this.#sender.corked(() => this.#to.end());
      this.#sender.done();
    }
  }

  #writeChunk(chunk: Uint8Array | string): boolean {
    return this.#sender.corked(() => this.#to.write(chunk));
  }

  /** A piece of a body whose length was announced. */
  #writePart(chunk: Uint8Array | string, total: number): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) return true;
    const from = this.#to.getWriteOffset();
    const [taken, done] = this.#sender.corked(() => this.#to.tryEnd(bytes, total));
    if (done) this.#sender.done();
    else if (!taken) {
      this.#onWritable = (offset) => {
        const [all, isDone] = this.#to.tryEnd(bytes.subarray(offset - from), total);
        if (isDone) this.#sender.done();
        else if (all) {
          this.#onWritable = undefined;
          this.#pump?.resume();
        }
        return all;
      };
    }
    return taken && !done;
  }

  #writable(callback: (offset: number) => boolean): void {
    this.#to.onWritable((offset) => this.#over || callback(offset));
  }
}
