/** A stream whose source is on an executor: chunks come by batches, and each that the connection took is confirmed. */
import type { ReplyStream } from '../../protocols/protocol.ts';
import { Kind } from './batch.ts';
import type { Executor } from './executors.ts';

/** What the source threw. Its executor has counted it, and told the handler. */
export class SourceError extends Error {}

export class RemoteStream implements ReplyStream {
  readonly executor: Executor;
  readonly untilClose: boolean;
  #connection: number;
  /** The message that it replies to. */
  #number: number;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #failure: string | null = null;
  #wake: (() => void) | undefined = undefined;

  constructor(executor: Executor, connection: number, number: number, untilClose: boolean) {
    this.untilClose = untilClose;
    this.executor = executor;
    this.#connection = connection;
    this.#number = number;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  /** `failure`: what the source threw, or null. */
  end(failure: string | null): void {
    this.#ended = true;
    this.#failure = failure;
    this.#wake?.();
  }

  drain(): void {
    if (!this.#ended) this.executor.tell(Kind.DRAIN, this.#connection, this.#number);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.executor.tell(Kind.PULL, this.#connection, this.#number);
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
          this.executor.tell(Kind.ACK, this.#connection, chunk.length);
        } else if (this.#failure !== null) {
          throw new SourceError(this.#failure);
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      if (!this.#ended) this.executor.tell(Kind.CANCEL, this.#connection, this.#number);
    }
  }
}
