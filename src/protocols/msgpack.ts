/** MessagePack behind a length (framing/length.ts). msgpackr makes the values; msgpack/scan.ts says which it may see. */
import { Buffer } from 'node:buffer';
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr';
import { ProtocolError } from '../errors.ts';
import { LENGTH_RULES, LengthDecoder, LengthFormat, type LengthOptions } from './framing/length.ts';
import { readOptions, show, wholeNumber } from './framing/options.ts';
import { Scanner } from './msgpack/scan.ts';
import type { Codec, Protocol } from './protocol.ts';
import type { Writer } from './writer.ts';

export interface MsgpackOptions extends LengthOptions {
  /** How deep arrays and maps may nest, both ways. Default 64. */
  readonly maxDepth?: number;
  /** How many values one message may hold, both ways: itself and those within, keys too. A byte may turn into 64. Default 65536. */
  readonly maxNodes?: number;
}

/** No records, no structured clone: MessagePack as every other language has it. */
const packr = new Packr({
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  // Whole numbers of 64 bits: a number where that is exact, else a BigInt. Its types do not know the word.
  int64AsType: 'auto' as 'number',
  // Without it binaries are views into the read buffer.
  copyBuffers: true,
});

/** msgpackr packs into one buffer that all of its users share: start over where we started, and say where it lies. */
const PACK_MODE = REUSE_BUFFER_MODE | RESET_BUFFER_MODE;
/** msgpackr would keep a buffer of up to 1 GiB. */
const KEEP_BYTES = 1024 * 1024;

/**
 * Messages and replies are what msgpackr maps MessagePack to: nil, booleans, numbers, BigInts (beyond 2^53 either way),
 * strings, Buffers, Dates (the timestamp extension), arrays and plain objects. A Map is sent as a map and a Set as an
 * array; a class instance loses its class, and `undefined` within a value becomes null.
 *
 * Refused as they come: a length past `maxBytes`, too many values (TOO_LARGE), nested too deep (TOO_DEEP); another
 * extension than the timestamp, a map key that is neither text nor a whole number, the key `__proto__`, a container that
 * announces more than the message has bytes for, bytes left over (MALFORMED); a peer that ends inside a message
 * (CUT_SHORT). A reply of which any of this would be true, or with a cycle, a symbol or a BigInt past 64 bits, is a
 * TypeError.
 *
 * @throws OptionError
 */
export function msgpack(options: MsgpackOptions = {}): Protocol<unknown, unknown> {
  const checked = readOptions('msgpack', options, {
    ...LENGTH_RULES,
    maxDepth: wholeNumber(1, 1000),
    maxNodes: wholeNumber(1, 2 ** 31 - 1),
  });
  const codec = makeCodec(checked);
  return Object.freeze({
    name: 'msgpack',
    options: checked,
    framed: true,
    server: codec,
    client: codec,
  });
}

function makeCodec(options: MsgpackOptions): Codec<unknown, unknown> {
  const format = new LengthFormat(options);
  const scanner = new Scanner({
    maxDepth: options.maxDepth ?? 64,
    maxNodes: options.maxNodes ?? 65_536,
  });
  return Object.freeze({
    decoder: (limit: number) => new MsgpackDecoder(options.maxBytes ?? limit, format, scanner),
    encode(message: unknown, writer: Writer) {
      const packed = pack(message, scanner);
      const length = packed.end - packed.start;
      format.check(length);
      const at = writer.reserve(format.bytes + length);
      format.write(writer.buffer, at, length);
      packed.copy(writer.buffer, at + format.bytes, packed.start, packed.end);
      writer.length = at + format.bytes + length;
      if (packed.length > KEEP_BYTES) packr.useBuffer(Buffer.allocUnsafeSlow(8192));
      return undefined;
    },
  });
}

/** msgpackr's own buffer; `[start, end)` holds the value until the next call. */
type Packed = Buffer & { readonly start: number; readonly end: number };

function pack(message: unknown, scanner: Scanner): Packed {
  if (typeof message === 'function' || message === undefined)
    throw refused(message, 'it has no form');
  let packed: Packed;
  try {
    packed = packr.pack(message, PACK_MODE) as Packed;
    // What the other side would refuse is refused here, where it can be mended.
    scanner.scan(packed, packed.start, packed.end);
  } catch (error) {
    throw refused(message, error instanceof Error ? error.message : show(error), error);
  }
  return packed;
}

function refused(message: unknown, reason: string, cause?: unknown): TypeError {
  return new TypeError(`msgpack cannot carry ${show(message)}: ${reason}`, { cause });
}

class MsgpackDecoder extends LengthDecoder<unknown> {
  protected readonly scanner: Scanner;
  /** Used again for each message. */
  protected readonly range = { start: 0, end: 0 };

  constructor(limit: number, format: LengthFormat, scanner: Scanner) {
    super(limit, format);
    this.scanner = scanner;
  }

  take(): unknown {
    const { buffer, range } = this;
    range.start = this.body;
    range.end = this.end;
    this.scanner.scan(buffer, range.start, range.end);
    try {
      return packr.unpack(buffer, range);
    } catch (error) {
      // The scanner passed it, so this is not expected; and not a reason to take the server down.
      throw new ProtocolError('MALFORMED', `A MessagePack message: ${(error as Error).message}.`);
    }
  }
}
