/**
 * Every error that this package raises on purpose. `code` is stable and may be tested by programs; the message is one
 * sentence that says what was given and what to do about it.
 */
export class PatternsError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option has no such value, or lacks one. The command line exits with 2. */
export class OptionError extends PatternsError {
  constructor(message: string, options?: ErrorOptions) {
    super('PATTERNS_OPTION', message, options);
  }
}

/** The handler module is missing, does not load, or its default export is not a handler. */
export class HandlerError extends PatternsError {
  constructor(message: string, options?: ErrorOptions) {
    super('PATTERNS_HANDLER', message, options);
  }
}

/** The mode cannot do what was asked of it. `modes` names those that can (empty where none can on this machine). */
export class ModeError extends PatternsError {
  readonly modes: readonly string[];
  #sentence: string;

  constructor(message: string, modes: readonly string[], options?: ErrorOptions) {
    const hint = modes.length > 0 ? ` Modes that can: ${modes.join(', ')}.` : '';
    super('PATTERNS_MODE', message + hint, options);
    this.modes = modes;
    this.#sentence = message;
  }

  /** The same, naming only those of its modes that `can` as well. */
  among(can: readonly string[]): ModeError {
    const both = this.modes.filter((name) => can.includes(name));
    return new ModeError(this.#sentence, both, { cause: this.cause });
  }
}

/** The address cannot be listened on: taken, not allowed, or not an address of this machine. */
export class ListenError extends PatternsError {
  constructor(message: string, options?: ErrorOptions) {
    super('PATTERNS_LISTEN', message, options);
  }
}

/** Workers died again and again before they could serve. */
export class CrashLoopError extends PatternsError {
  constructor(message: string, options?: ErrorOptions) {
    super('PATTERNS_CRASH_LOOP', message, options);
  }
}

/** A handler sent outside of its own message without declaring `pushes: true`. */
export class PushError extends PatternsError {
  constructor(message: string, options?: ErrorOptions) {
    super('PATTERNS_PUSH', message, options);
  }
}

/** A topic that is not one, or a connection with more of them than `limits.subscriptions` allows. */
export class TopicError extends PatternsError {
  constructor(message: string, options?: ErrorOptions) {
    super('PATTERNS_TOPIC', message, options);
  }
}

/** Why a peer's bytes were refused. */
export type ProtocolErrorCode =
  | 'TOO_LARGE' // longer than the limit on a message
  | 'TOO_DEEP' // nested past the limit
  | 'MALFORMED' // against the protocol's grammar
  | 'CUT_SHORT'; // the peer ended inside a message

/**
 * The peer broke the protocol: the connection is closed, after `reply` (the protocol's own last bytes, if it has any).
 */
export class ProtocolError extends PatternsError {
  declare readonly code: ProtocolErrorCode;
  readonly reply: Uint8Array | undefined;

  constructor(code: ProtocolErrorCode, message: string, reply?: Uint8Array) {
    super(code, message);
    this.reply = reply;
  }
}

/** A handler's way to answer with a status: thrown in `message()`, it becomes that response, without its text. */
export class HttpError extends PatternsError {
  /** 400 to 599. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super('PATTERNS_HTTP', message, options);
    this.status = status;
  }
}

/** Another's message at the end of a sentence of ours: with one full stop, whether it has its own or not. */
export function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
