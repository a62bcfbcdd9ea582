/** Messages of bytes behind their length: see framing/length.ts. */
import { Buffer } from 'node:buffer';
import { copyBytes } from './framing/decoder.ts';
import { LENGTH_RULES, LengthDecoder, LengthFormat, type LengthOptions } from './framing/length.ts';
import { flag, readOptions, show } from './framing/options.ts';
import type { Codec, Protocol } from './protocol.ts';
import type { Writer } from './writer.ts';

export interface LengthPrefixOptions extends LengthOptions {
  /**
   * Messages are views into the loop's read buffer, valid until `message()` returns: not after an `await`, not in the
   * connection's state. A view may be returned as the reply; replies are always copied as they are encoded. Default
   * false: each message is a copy of its own.
   */
  readonly view?: boolean;
}

/** Longer text is measured before room is made for it. */
const MEASURE_CHARS = 4096;

/**
 * Messages are Buffers, which may be empty; replies are Uint8Arrays or strings (sent as UTF-8).
 *
 * A length past `maxBytes` is refused on sight, before anything is allocated (TOO_LARGE); it is compared as an unsigned
 * number, so that none overflows. A peer that ends inside a message is CUT_SHORT.
 *
 * @throws OptionError
 */
export function lengthPrefix(
  options: LengthPrefixOptions = {},
): Protocol<Buffer, Uint8Array | string> {
  const checked = readOptions('lengthPrefix', options, { ...LENGTH_RULES, view: flag });
  const codec = makeCodec(checked);
  return Object.freeze({
    name: 'length-prefix',
    options: checked,
    framed: true,
    server: codec,
    client: codec,
  });
}

function makeCodec(options: LengthPrefixOptions): Codec<Buffer, Uint8Array | string> {
  const format = new LengthFormat(options);
  const view = options.view === true;
  return Object.freeze({
    givesViews: view,
    decoder: (limit: number) => new BytesDecoder(options.maxBytes ?? limit, format, view),
    encode(message: Uint8Array | string, writer: Writer) {
      if (typeof message === 'string') {
        encodeText(message, writer, format);
      } else if (message instanceof Uint8Array) {
        format.encode(message, writer);
      } else {
        throw new TypeError(
          `length-prefix takes a Uint8Array or a string, and got ${show(message)}.`,
        );
      }
      return undefined;
    },
  });
}

function encodeText(text: string, writer: Writer, format: LengthFormat): void {
  const most = text.length > MEASURE_CHARS ? Buffer.byteLength(text) : text.length * 3;
  const at = writer.reserve(format.bytes + most);
  const length = writer.buffer.write(text, at + format.bytes, 'utf8');
  format.check(length);
  format.write(writer.buffer, at, length);
  writer.length = at + format.bytes + length;
}

class BytesDecoder extends LengthDecoder<Buffer> {
  protected readonly view: boolean;

  constructor(limit: number, format: LengthFormat, view: boolean) {
    super(limit, format);
    this.view = view;
  }

  take(): Buffer {
    return this.view
      ? this.buffer.subarray(this.body, this.end)
      : copyBytes(this.buffer, this.body, this.end);
  }
}
