/** Lines of text, or of bytes: one message each. */
import { Buffer } from 'node:buffer';
import { OptionError, ProtocolError } from '../errors.ts';
import { BEYOND_LATIN1, copyBytes, utf8Text } from './framing/decoder.ts';
import { CR, LineDecoder, type LineFormat } from './framing/line.ts';
import { byteLimit, oneOf, readOptions, show, type Rule } from './framing/options.ts';
import type { Codec, Protocol } from './protocol.ts';
import type { Writer } from './writer.ts';

export interface LineOptions {
  /** What ends a line. Default '\n', the only one that `carriageReturn` goes with. */
  readonly delimiter?: string;
  /**
   * 'accept' (default): a CR before the LF belongs to the line's end; lines sent end in LF.
   * 'send': the same, and lines sent end in CRLF, as Internet text protocols want (RFC 5321, 2.3.8).
   * 'keep': a CR is content like any other.
   */
  readonly carriageReturn?: 'accept' | 'send' | 'keep';
  /** Longest line received, its delimiter included. Default: the server's `messageLimitBytes`. */
  readonly maxBytes?: number;
  /**
   * 'utf8' (default): strings; bytes that are not UTF-8 are refused (MALFORMED), not replaced.
   * 'latin1': strings with one character for each byte. 'raw': Buffers, copied.
   */
  readonly encoding?: 'utf8' | 'latin1' | 'raw';
}

const delimiterRule: Rule = (value) =>
  typeof value === 'string' && /^[^\ufffd]+$/.test(value) && value.isWellFormed()
    ? undefined
    : 'one character or more, none of them a lone surrogate or U+FFFD, which stands for one';

/**
 * Messages and replies are lines without their delimiter: strings; with `encoding: 'raw'` messages are Buffers, and
 * replies Uint8Arrays or strings (sent as UTF-8). An empty line is a message.
 *
 * A line without an end within `maxBytes` is TOO_LARGE; a peer that ends inside a line is CUT_SHORT. A reply that holds
 * the delimiter, or a last CR that the other side would drop, is refused with a TypeError: it would arrive as something
 * else. Lone surrogates are sent as U+FFFD, as Buffer.from does.
 *
 * @throws OptionError
 * @example line({ encoding: 'latin1', carriageReturn: 'send', maxBytes: 512 })
 */
export function line(
  options: LineOptions & { encoding: 'raw' },
): Protocol<Buffer, Uint8Array | string>;
export function line(options?: LineOptions): Protocol<string, string>;
export function line(options: LineOptions = {}): Protocol {
  const checked = readOptions('line', options, {
    delimiter: delimiterRule,
    carriageReturn: oneOf('accept', 'send', 'keep'),
    maxBytes: byteLimit,
    encoding: oneOf('utf8', 'latin1', 'raw'),
  });
  const codec = checked.encoding === 'raw' ? rawCodec(checked) : textCodec(checked);
  return Object.freeze({
    name: 'line',
    options: checked,
    framed: true,
    server: codec,
    client: codec,
  });
}

/** What both codecs are made of. */
function readFormat(options: LineOptions): LineFormat & { readonly terminator: string } {
  const delimiter = options.delimiter ?? '\n';
  if (delimiter !== '\n' && options.carriageReturn !== undefined) {
    throw new OptionError(
      `line(): carriageReturn goes with the delimiter "\\n" only, and not with ${show(delimiter)}.`,
    );
  }
  if (options.encoding === 'latin1' && BEYOND_LATIN1.test(delimiter)) {
    throw new OptionError(`line(): the delimiter ${show(delimiter)} is not latin1.`);
  }
  return {
    delimiter: Buffer.from(delimiter, options.encoding === 'latin1' ? 'latin1' : 'utf8'),
    dropCr: delimiter === '\n' && options.carriageReturn !== 'keep',
    skipEmpty: false,
    terminator: options.carriageReturn === 'send' ? '\r\n' : delimiter,
  };
}

function textCodec(options: LineOptions): Codec<string, string> {
  const format = readFormat(options);
  const { terminator, dropCr } = format;
  const latin1 = options.encoding === 'latin1';
  const delimiter = options.delimiter ?? '\n';
  const oneChar = delimiter.length === 1;
  return Object.freeze({
    decoder: (limit: number) => new TextLineDecoder(options.maxBytes ?? limit, format, latin1),
    encode(message: string, writer: Writer) {
      if (typeof message !== 'string') {
        throw new TypeError(`line takes a string, and got ${show(message)}.`);
      }
      const whole = message + terminator;
      // A longer delimiter may also begin in the message and end in its own end: 'a' before 'aa'.
      const found = (oneChar ? message : whole).indexOf(delimiter);
      if (found !== -1 && found < message.length) throw holds(message, delimiter);
      if (dropCr && message.charCodeAt(message.length - 1) === CR) throw endsInCr(message);
      if (!latin1) {
        writer.text(whole);
      } else if (BEYOND_LATIN1.test(message)) {
        throw new TypeError(`line takes latin1 text, and got ${show(message)}.`);
      } else {
        writer.latin1(whole);
      }
      return undefined;
    },
  });
}

function rawCodec(options: LineOptions): Codec<Buffer, Uint8Array | string> {
  const format = readFormat(options);
  const { delimiter, dropCr } = format;
  const terminator = Buffer.from(format.terminator);
  const sought = delimiter.length === 1 ? delimiter[0] : delimiter; // a byte is found 60 ns sooner
  return Object.freeze({
    decoder: (limit: number) => new RawLineDecoder(options.maxBytes ?? limit, format),
    encode(message: Uint8Array | string, writer: Writer) {
      if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
        throw new TypeError(`line takes a Uint8Array or a string, and got ${show(message)}.`);
      }
      const content = typeof message === 'string' ? Buffer.from(message) : message;
      const at = writer.reserve(content.length + terminator.length);
      const { buffer } = writer;
      buffer.set(content, at);
      const end = at + content.length;
      buffer.set(terminator, end);
      // Found in the terminator at the latest.
      if (buffer.indexOf(sought, at) < end) throw holds(message, options.delimiter ?? '\n');
      if (dropCr && content.length > 0 && buffer[end - 1] === CR) throw endsInCr(message);
      writer.length = end + terminator.length;
      return undefined;
    },
  });
}

function holds(message: unknown, delimiter: string): TypeError {
  return new TypeError(
    `line cannot carry ${show(message)}: it would be cut at its delimiter ${show(delimiter)}.`,
  );
}

function endsInCr(message: unknown): TypeError {
  return new TypeError(
    `line cannot carry ${show(message)}: its last CR would count as the line's end.`,
  );
}

class TextLineDecoder extends LineDecoder<string> {
  protected readonly latin1: boolean;

  constructor(limit: number, format: LineFormat, latin1: boolean) {
    super(limit, format);
    this.latin1 = latin1;
  }

  take(): string {
    const ascii = this.ascii();
    if (ascii !== undefined) return ascii;
    if (this.latin1) return this.buffer.toString('latin1', this.start, this.contentEnd);
    const text = utf8Text(this.buffer, this.start, this.contentEnd);
    if (text !== undefined) return text;
    throw new ProtocolError('MALFORMED', 'A line is not UTF-8.');
  }
}

class RawLineDecoder extends LineDecoder<Buffer> {
  take(): Buffer {
    return copyBytes(this.buffer, this.start, this.contentEnd);
  }
}
