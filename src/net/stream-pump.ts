import { setImmediate } from 'node:timers/promises';
import { handlerErrors } from '../channels.ts';
import type { ReplyStream } from '../protocols/protocol.ts';
import { attempt } from '../attempt.ts';

/**
 * Pulls an async iterable while the peer reads: one chunk asked for at a time, none while it is paused. A source that has
 * its chunks ready is pulled by promises alone, which nothing else of the loop comes between: so after a turn's worth the
 * others have theirs, and the news that the peer has gone can come.
 */
export interface PumpTarget {
  /** False: pause until `resume()`. */
  write(chunk: Uint8Array | string): boolean;
  /** The source has ended, or failed with `error`. Not called after `cancel()`. */
  done(error: unknown, failed: boolean): void;
  /** The source failed when nobody wanted its bytes any more: while it was told to stop, or later. Default: it is logged. */
  failedLate?(error: unknown): void;
}

/** A turn's worth. */
const TURN_BYTES = 64 * 1024;
/** What a chunk counts for beside its bytes: each is a write. */
const CHUNK_BYTES = 4096;

export class StreamPump {
  #source: ReplyStream;
  #iterator: AsyncIterator<Uint8Array | string> | undefined = undefined;
  #target: PumpTarget;
  #pulling = false;
  #paused = true;
  #over = false;

  constructor(source: ReplyStream, target: PumpTarget) {
    this.#source = source;
    this.#target = target;
    source.onLate?.(this.#failedLate);
  }

  resume(): void {
    this.#paused = false;
    if (!this.#pulling) void this.#pull();
  }

  /** The server stops. */
  drain(): void {
    if (!this.#over) attempt(() => this.#source.drain?.(), this.#failedLate);
  }

  /** The connection has ended: the source gets its `return()`, also where nothing was asked of it yet. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    void this.#stopSource();
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    let left = TURN_BYTES;
    try {
      while (!this.#paused && !this.#over) {
        if (left <= 0) {
          await setImmediate();
          left = TURN_BYTES;
          continue;
        }
        this.#iterator ??= this.#source[Symbol.asyncIterator]();
        const { done, value } = await this.#iterator.next();
        if (this.#over) return;
        if (done === true) this.#end(undefined, false);
        else if (isChunk(value)) {
          left -= value.length + CHUNK_BYTES;
          this.#paused = !this.#target.write(value);
        } else {
          void this.#stopSource();
          this.#end(new TypeError(`A stream gave ${typeof value}, not bytes or text.`), true);
        }
      }
    } catch (error) {
      if (!this.#over) this.#end(error, true);
    } finally {
      this.#pulling = false;
    }
  }

  #end(error: unknown, failed: boolean): void {
    this.#over = true;
    this.#target.done(error, failed);
  }

  async #stopSource(): Promise<void> {
    try {
      this.#iterator ??= this.#source[Symbol.asyncIterator]();
      await this.#iterator.return?.();
    } catch (error) {
      this.#failedLate(error);
    }
  }

  #failedLate = (error: unknown): void => {
    if (this.#target.failedLate === undefined)
      handlerErrors.publish({ error, connection: undefined });
    else this.#target.failedLate(error);
  };
}

function isChunk(value: unknown): value is Uint8Array | string {
  return typeof value === 'string' || value instanceof Uint8Array;
}
