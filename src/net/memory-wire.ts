/**
 * A wire in memory, with both of its ends: it behaves as a socket does, also in what a socket leaves undefined. Every
 * read comes in a buffer that is overwritten afterwards, and every callback in a turn of its own.
 *
 *     the client's side                    the server's side (Wire)
 *     send, sendEnd, break ───▶ reads ───▶ onBytes, onEnd, onClosed
 *     received, ended      ◀── waiting ◀── write, end, destroy
 */
import type { Wire, WireListener } from './wire.ts';

/** As in a net.Socket. */
const HIGH_WATER_BYTES = 64 * 1024;
const READ_BYTES = 64 * 1024;
/** What a buffer holds after its read. */
const OVERWRITTEN = 0xdd;

export class MemoryWire implements Wire {
  readonly remoteAddress: string;
  bytesWritten = 0;
  blocked = false;
  /** The server has ended its side. */
  ended = false;
  /** Both sides have ended, and the server knows. */
  over = false;
  /** The server has broken it off. */
  wasReset = false;

  #listener: WireListener | undefined = undefined;
  #received: Uint8Array[] = [];
  /** Written by the server while the client does not read. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #clientReads = true;
  /** Sent by the client, a piece for each read. */
  #reads: Uint8Array[] = [];
  #serverReads = false;
  #clientEnded = false;
  /** The server knows of it. */
  #endTold = false;
  #failure: Error | undefined = undefined;
  #destroyed = false;
  #scheduled = false;
  #buffer = Buffer.alloc(READ_BYTES, OVERWRITTEN);

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  connect(listener: WireListener): this {
    this.#listener = listener;
    return this;
  }

  // ---- the server's side --------------------------------------------------------------------------------------------

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.ended || this.#destroyed) return true;
    const copy = Buffer.from(bytes);
    if (this.#clientReads) {
      this.#received.push(copy);
      this.bytesWritten += copy.length;
      return true;
    }
    this.#waiting.push(copy);
    this.#waitingBytes += copy.length;
    if (this.#waitingBytes >= HIGH_WATER_BYTES) this.blocked = true;
    return false;
  }

  writeText(text: string, encoding: 'utf8' | 'latin1'): void {
    this.write(Buffer.from(text, encoding));
  }

  resume(): void {
    this.#serverReads = true;
    this.#schedule();
  }

  end(): void {
    this.ended = true;
    this.#schedule();
  }

  destroy(): void {
    this.ended = true;
    this.#destroyed = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#schedule();
  }

  reset(): void {
    this.wasReset = true;
    this.destroy();
  }

  // ---- the client's side --------------------------------------------------------------------------------------------

  get received(): Buffer {
    if (this.#received.length !== 1) this.#received = [Buffer.concat(this.#received)];
    return this.#received[0] as Buffer;
  }

  /** Something is on its way that nobody holds up. */
  get isMoving(): boolean {
    return this.#scheduled || (this.#serverReads && this.#reads.length > 0);
  }

  send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += READ_BYTES)
      this.#reads.push(Uint8Array.prototype.slice.call(bytes, at, at + READ_BYTES));
    this.#schedule();
  }

  sendEnd(): void {
    this.#clientEnded = true;
    this.#schedule();
  }

  break(error: Error): void {
    this.#failure ??= error;
    this.#schedule();
  }

  pause(): void {
    this.#clientReads = false;
  }

  flow(): void {
    this.#clientReads = true;
    this.#schedule();
  }

  // ---- between them -------------------------------------------------------------------------------------------------

  #schedule(): void {
    if (this.#scheduled || this.over) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  /** One thing that can happen, as in a turn of an event loop. */
  #turn = (): void => {
    this.#scheduled = false;
    const listener = this.#listener;
    if (listener === undefined || this.over) return;
    if (this.#failure !== undefined || this.#destroyed) {
      this.over = true;
      this.ended = true;
      listener.onClosed(this.#failure);
      return;
    }
    if (this.#clientReads && this.#waiting.length > 0) {
      this.#deliver();
      if (this.blocked) {
        this.blocked = false;
        listener.onDrain();
      }
    } else if (this.#serverReads && this.#reads.length > 0) {
      this.#read(listener, this.#reads.shift()!);
    } else if (this.#serverReads && this.#clientEnded && !this.#endTold) {
      this.#endTold = true;
      listener.onEnd();
    } else if (this.ended && this.#endTold && this.#waiting.length === 0) {
      this.over = true;
      listener.onClosed(undefined);
      return;
    } else {
      return;
    }
    this.#schedule();
  };

  #read(listener: WireListener, piece: Uint8Array): void {
    this.#buffer.set(piece);
    this.#serverReads = listener.onBytes(this.#buffer, piece.length);
    this.#buffer.fill(OVERWRITTEN, 0, piece.length);
  }

  #deliver(): void {
    this.#received.push(...this.#waiting);
    this.bytesWritten += this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
