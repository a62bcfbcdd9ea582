/**
 * JSON, one value a line: NDJSON (https://github.com/ndjson/ndjson-spec, 1.0.0), also called JSON Lines
 * (https://jsonlines.org).
 */
import { Buffer } from 'node:buffer';
import { ProtocolError } from '../errors.ts';
import { utf8Text } from './framing/decoder.ts';
import { LineDecoder } from './framing/line.ts';
import { byteLimit, oneOf, readOptions, show, wholeNumber } from './framing/options.ts';
import type { Codec, Protocol } from './protocol.ts';
import type { Writer } from './writer.ts';

export interface JsonLinesOptions {
  /** Longest line received, its LF included. Default: the server's `messageLimitBytes`. */
  readonly maxBytes?: number;
  /** How deep objects and arrays received may nest. Default 64. */
  readonly maxDepth?: number;
  /** How many values one message received may hold, itself and those within: `[[],[],…` takes 16 times its bytes. Default 65536. */
  readonly maxNodes?: number;
  /** Lines with nothing in them. Default 'ignore', which the specification allows (3.2); 'refuse': MALFORMED. */
  readonly emptyLines?: 'ignore' | 'refuse';
}

const FORMAT = { delimiter: Buffer.from('\n'), dropCr: true };

/**
 * The key "__proto__", also where its letters are escaped. JSON.parse makes an own property of it, which does no harm,
 * until somebody assigns it or merges it into another object: it is refused, coming and going.
 */
const PROTO_KEY =
  /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"[ \t\r\n]*:/i;

/**
 * Messages and replies are what JSON.parse gives and JSON.stringify takes. Lines end in LF; a CR before it is dropped.
 *
 * Refused as they come: a line without an end within `maxBytes`, or with too many values (TOO_LARGE), nested too deep
 * (TOO_DEEP), not UTF-8, not JSON, with a key `__proto__` (MALFORMED), or cut short by the peer's end (CUT_SHORT).
 * A reply that JSON has no form for (undefined, a function, a symbol, a BigInt, a cycle, an own key `__proto__`) is a
 * TypeError. The limits are on what is received: a reply may pass them, and then the peer refuses it.
 *
 * @throws OptionError
 */
export function jsonLines(options: JsonLinesOptions = {}): Protocol<unknown, unknown> {
  const checked = readOptions('jsonLines', options, {
    maxBytes: byteLimit,
    maxDepth: wholeNumber(1, 10_000),
    maxNodes: wholeNumber(1, 2 ** 31 - 1),
    emptyLines: oneOf('ignore', 'refuse'),
  });
  const codec: Codec<unknown, unknown> = Object.freeze({
    decoder: (limit: number) => new JsonDecoder(limit, checked),
    encode,
  });
  return Object.freeze({
    name: 'json-lines',
    options: checked,
    framed: true,
    server: codec,
    client: codec,
  });
}

function encode(message: unknown, writer: Writer): undefined {
  let text: string | undefined;
  try {
    text = JSON.stringify(message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : show(error);
    throw new TypeError(`json-lines cannot carry ${show(message)}: ${reason}.`, { cause: error });
  }
  if (text === undefined) {
    throw new TypeError(`json-lines cannot carry ${show(message)}: JSON has no form for it.`);
  }
  if (text.indexOf('__proto__') !== -1 && PROTO_KEY.test(text)) {
    throw new TypeError(`json-lines cannot carry ${show(message)}: it has a key "__proto__".`);
  }
  writer.text(text + '\n');
  return undefined;
}

class JsonDecoder extends LineDecoder<unknown> {
  protected readonly maxDepth: number;
  protected readonly maxNodes: number;
  /** A line so short can be neither too deep nor too full, unless it is not JSON. */
  protected readonly plainBytes: number;

  constructor(limit: number, options: JsonLinesOptions) {
    super(options.maxBytes ?? limit, { ...FORMAT, skipEmpty: options.emptyLines !== 'refuse' });
    this.maxDepth = options.maxDepth ?? 64;
    this.maxNodes = options.maxNodes ?? 65_536;
    this.plainBytes = Math.min(2 * this.maxDepth + 1, this.maxNodes);
  }

  take(): unknown {
    const { buffer, start, contentEnd } = this;
    if (contentEnd - start > this.plainBytes) this.#checkShape(buffer, start, contentEnd);
    const text = this.ascii() ?? utf8Text(buffer, start, contentEnd);
    if (text === undefined) throw new ProtocolError('MALFORMED', 'A line of JSON is not UTF-8.');
    if ((text.indexOf('__proto__') !== -1 || text.indexOf('\\u') !== -1) && PROTO_KEY.test(text)) {
      throw new ProtocolError('MALFORMED', 'A JSON object has the key "__proto__".');
    }
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ProtocolError('MALFORMED', `A line is not JSON: ${(error as Error).message}.`);
    }
  }

  /** Counts brackets and commas outside of strings; JSON.parse judges the rest. 1 ns a byte. */
  #checkShape(buffer: Buffer, from: number, to: number): void {
    let depth = 0;
    let nodes = 1;
    let at = from;
    while (at < to) {
      const byte = buffer[at];
      at += 1;
      if (byte === 0x22) {
        while (at < to && buffer[at] !== 0x22) at += buffer[at] === 0x5c ? 2 : 1; // a backslash and what it escapes
        at += 1;
      } else if (byte === 0x5b || byte === 0x7b) {
        nodes += 1;
        depth += 1;
        if (depth > this.maxDepth) {
          throw new ProtocolError(
            'TOO_DEEP',
            `A line of JSON nests deeper than the limit of ${this.maxDepth}.`,
          );
        }
      } else if (byte === 0x5d || byte === 0x7d) {
        depth -= 1;
      } else if (byte === 0x2c) {
        nodes += 1;
      }
    }
    if (nodes > this.maxNodes) {
      throw new ProtocolError(
        'TOO_LARGE',
        `A line of JSON holds ${nodes} values; the limit is ${this.maxNodes}.`,
      );
    }
  }
}
