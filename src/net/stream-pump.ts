/**
 * Pulls an async iterable while the peer reads: one chunk asked for at a time, none while it is paused.
 */
export interface PumpTarget {
  /** False: pause until `resume()`. */
  write(chunk: Uint8Array | string): boolean;
  /** The source has ended, or failed with `error`. Not called after `cancel()`. */
  done(error: unknown, failed: boolean): void;
}

export class StreamPump {
  #iterator: AsyncIterator<Uint8Array | string>;
  #target: PumpTarget;
  #pulling = false;
  #paused = true;
  #cancelled = false;

  constructor(source: AsyncIterable<Uint8Array | string>, target: PumpTarget) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#target = target;
  }

  resume(): void {
    this.#paused = false;
    if (!this.#pulling) void this.#pull();
  }

  /** The connection has ended: the source gets its `return()`. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    // A source that throws while it is told to stop has nobody left to tell.
    void Promise.resolve(this.#iterator.return?.()).catch(() => {});
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      while (!this.#paused && !this.#cancelled) {
        const { done, value } = await this.#iterator.next();
        if (this.#cancelled) return;
        if (done === true) {
          this.#cancelled = true;
          this.#target.done(undefined, false);
          return;
        }
        if (!this.#target.write(value)) this.#paused = true;
      }
    } catch (error) {
      if (this.#cancelled) return;
      this.#cancelled = true;
      this.#target.done(error, true);
    } finally {
      this.#pulling = false;
    }
  }
}
