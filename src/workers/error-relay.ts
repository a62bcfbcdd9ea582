/**
 * Handler errors on their way to the main loop. A handler that fails at every message must not fill the line with stacks
 * while the main loop has sockets to hand over: so many in a second cross whole, the others as one with their number.
 */
import { handlerErrors } from '../channels.ts';
import { packError, type PackedError } from './messages.ts';

export interface HandlerErrorNote {
  readonly type: 'handler-error';
  readonly error: PackedError;
  /** How many errors it stands for; `error` is the last of them. */
  readonly count: number;
}

const WHOLE_A_SECOND = 20;
const SECOND_MS = 1000;

export class ErrorRelay {
  #send: (note: HandlerErrorNote) => void;
  #nowMs: () => number;
  #since = -Infinity;
  #told = 0;
  #counted = 0;
  #last: unknown = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(send: (note: HandlerErrorNote) => void, nowMs = () => performance.now()) {
    this.#send = send;
    this.#nowMs = nowMs;
  }

  tell(error: unknown): void {
    if (this.#nowMs() - this.#since >= SECOND_MS) {
      this.flush();
      this.#since = this.#nowMs();
      this.#told = 0;
    }
    if (this.#told < WHOLE_A_SECOND) {
      this.#told += 1;
      this.#send({ type: 'handler-error', error: packError(error), count: 1 });
      return;
    }
    this.#counted += 1;
    this.#last = error;
    this.#timer ??= setTimeout(() => this.flush(), SECOND_MS).unref();
  }

  /** Tells of those that were only counted. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#counted === 0) return;
    const count = this.#counted;
    this.#counted = 0;
    this.#send({ type: 'handler-error', error: packError(this.#last), count });
  }
}

/** Relays what this loop's handlers throw. Returns what tells of the rest. */
export function relayHandlerErrors(send: (note: HandlerErrorNote) => void): ErrorRelay {
  const relay = new ErrorRelay(send);
  handlerErrors.subscribe((message) => relay.tell((message as { error: unknown }).error));
  return relay;
}
