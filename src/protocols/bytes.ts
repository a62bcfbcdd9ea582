/**
 * Bytes as they come, without boundaries: a message is whatever one read brought. TCP may cut and join what the peer
 * sent as it likes, so a handler that counts messages, or a peer that waits for one answer each, needs another protocol.
 */
import type { Buffer } from 'node:buffer';
import { BaseDecoder, copyBytes } from './framing/decoder.ts';
import { flag, readOptions, show } from './framing/options.ts';
import { Step, type Codec, type Protocol } from './protocol.ts';
import type { Writer } from './writer.ts';

export interface BytesOptions {
  /**
   * Messages are views into the buffer that the loop shares between its connections. A view is valid until `message()`
   * returns, and not beyond: not after an `await`, not in the connection's state. It may be returned from `message()` as
   * the reply, or given to `send()` there: replies are then copied as they are encoded. Default false: each message is a
   * copy of its own.
   */
  readonly view?: boolean;
}

/**
 * Messages are Buffers with at least one byte; replies are Uint8Arrays or strings (sent as UTF-8), and an empty one sends
 * nothing. A reply of bytes may be sent by reference: do not change it afterwards.
 *
 * A read longer than the message limit gives several messages, none longer than the limit. No input is an error.
 *
 * @throws OptionError
 */
export function bytes(options: BytesOptions = {}): Protocol<Buffer, Uint8Array | string> {
  const checked = readOptions('bytes', options, { view: flag });
  const codec = makeCodec(checked.view === true);
  return Object.freeze({
    name: 'bytes',
    options: checked,
    framed: true,
    server: codec,
    client: codec,
  });
}

function makeCodec(view: boolean): Codec<Buffer, Uint8Array | string> {
  return Object.freeze({
    givesViews: view,
    decoder: (limit: number) => new BytesDecoder(limit, view),
    encode(message: Uint8Array | string, writer: Writer) {
      if (typeof message === 'string') {
        writer.text(message);
      } else if (!(message instanceof Uint8Array)) {
        throw new TypeError(`bytes takes a Uint8Array or a string, and got ${show(message)}.`);
      } else if (view) {
        // By reference would not do: the socket may keep what the kernel does not take, and the next read overwrites it.
        const at = writer.reserve(message.length);
        writer.buffer.set(message, at);
        writer.length = at + message.length;
      } else if (message.length > 0) {
        writer.raw(message);
      }
      return undefined;
    },
  });
}

class BytesDecoder extends BaseDecoder<Buffer> {
  protected readonly view: boolean;

  constructor(limit: number, view: boolean) {
    super(limit);
    this.view = view;
  }

  next(): Step {
    const from = this.pos;
    if (from >= this.stop) return this.more(0);
    this.start = from;
    this.pos = this.end = Math.min(this.stop, from + this.limit);
    return Step.MESSAGE;
  }

  take(): Buffer {
    return this.view
      ? this.buffer.subarray(this.start, this.end)
      : copyBytes(this.buffer, this.start, this.end);
  }
}
