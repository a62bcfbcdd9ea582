/** Every option and limit of the WebSocket side of `http`, with its default. */
import { byteLimit, flag, readOptions, wholeNumber, type Rule } from '../framing/options.ts';

export interface WebSocketOptions {
  /**
   * Which pages may connect (RFC 6455, 10.2). Browsers name the page's origin, and send cookies along wherever the page
   * is from; other clients send none, and are let in. 'same' (default): the origin's host and port must be those of
   * Host. A list: exactly these ('https://example.com'), for a proxy that changes Host, or pages from elsewhere. 'any':
   * not looked at; right where nothing depends on cookies. What is not allowed is answered 403.
   */
  readonly origins?: 'same' | 'any' | readonly string[];
  /** Bytes of one message, decompressed. Past it 1009. Default: the server's `messageLimitBytes` (1 MiB). */
  readonly messageLimitBytes?: number;
  /** Bytes of one frame's payload. Past it 1009. Default: as many as a message may have. */
  readonly frameLimitBytes?: number;
  /**
   * Binary messages are views into the loop's read buffer, valid until `message()` returns: not after an `await`, not in
   * the connection's state. A view may be returned as the reply, sent and published: each copies what it takes. Default
   * false: each message is a copy of its own, which for 16 KiB costs 2 to 4 us, most of it fresh memory.
   */
  readonly view?: boolean;
  /** Frames of one message, control frames between them included. Past it 1008. Default 4096. */
  readonly fragmentLimit?: number;
  /**
   * Nothing was received for so long: a ping is sent. 0: never. Default 30 s; never in `blocking`, which has no timers,
   * and where asking for it is refused.
   */
  readonly pingIntervalMs?: number;
  /** Nothing was received for so long behind a ping: the peer is dead, and the connection is cut. Default 10 s. */
  readonly pongTimeoutMs?: number;
  /**
   * Agree to permessage-deflate (RFC 7692), each message by itself (no_context_takeover both ways), so that a connection
   * holds no compressor. Default false: it costs more CPU than nearly every message is worth.
   */
  readonly deflate?: boolean;
  /** Shorter messages are sent as they are. Default 1024. */
  readonly deflateThresholdBytes?: number;
  /** zlib's, 1 (fast) to 9. Default 6. */
  readonly deflateLevel?: number;
}

const milliseconds = wholeNumber(0, 2 ** 31 - 1, 'milliseconds');

const origins: Rule = (value) => {
  if (value === 'same' || value === 'any') return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && isOrigin(one))) {
    return undefined;
  }
  return '"same", "any" or a list of origins such as "https://example.com"';
};

/** Scheme, host and port, nothing else. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** @throws OptionError */
export function readWebSocketOptions(given: WebSocketOptions): Readonly<WebSocketOptions> {
  return readOptions('websocket', given, {
    origins,
    messageLimitBytes: byteLimit,
    frameLimitBytes: byteLimit,
    view: flag,
    fragmentLimit: wholeNumber(1, 2 ** 31 - 1),
    pingIntervalMs: milliseconds,
    pongTimeoutMs: wholeNumber(1, 2 ** 31 - 1, 'milliseconds'),
    deflate: flag,
    deflateThresholdBytes: wholeNumber(0, 2 ** 31 - 1, 'bytes'),
    deflateLevel: wholeNumber(1, 9),
  });
}

/** What frames of one message may be. */
export interface FrameLimits {
  readonly messageLimitBytes: number;
  readonly frameLimitBytes: number;
  readonly fragmentLimit: number;
}

/** With every default; `messageLimitBytes` is the server's. */
export function frameLimits(options: WebSocketOptions, messageLimitBytes: number): FrameLimits {
  const most = options.messageLimitBytes ?? messageLimitBytes;
  return {
    messageLimitBytes: most,
    frameLimitBytes: options.frameLimitBytes ?? most,
    fragmentLimit: options.fragmentLimit ?? 4096,
  };
}
