/**
 * The contract of what lies under a conversation: a socket, a blocking descriptor, memory in a test, a simulator. Order,
 * gates and back-pressure live above it, once.
 */
export interface Wire {
  /** The peer's IP address; '' for a Unix socket. */
  readonly remoteAddress: string;
  /** Bytes written that the kernel has not taken. */
  readonly waitingBytes: number;
  /** True from the write that went over the high-water mark until `onDrain`. */
  readonly blocked: boolean;
  /** Bytes that went out so far. */
  readonly bytesWritten: number;
  /** Sends bytes. True: the kernel has them all, and the caller may use the memory again. */
  write(bytes: Uint8Array): boolean;
  writeText(text: string, encoding: 'utf8' | 'latin1'): void;
  /** Goes on reading after `onBytes` returned false. */
  resume(): void;
  /** Half-closes behind what was written. Reading goes on. */
  end(): void;
  /** Ends at once, dropping what waits. `onClosed` follows. */
  destroy(): void;
  /** The same, so that the peer can tell it from an end: TCP's RST. A Unix socket has none. */
  reset(): void;
}

/** What a wire calls. None of these MUST be called after `onClosed`. */
export interface WireListener {
  /**
   * Bytes `[0, length)` of a buffer that the wire overwrites afterwards. False: stop reading until `resume()`.
   */
  onBytes(buffer: Buffer, length: number): boolean;
  /** The peer has half-closed. */
  onEnd(): void;
  /** What was waiting has gone out, after `blocked`. */
  onDrain(): void;
  /** Exactly once, last. `error`: what broke the connection, if something did. */
  onClosed(error: Error | undefined): void;
}
