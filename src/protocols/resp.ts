/**
 * RESP2, the protocol of redis (https://redis.io/docs/latest/develop/reference/protocol-spec/), with the limits and the
 * error replies of redis 7.
 */
import { Buffer } from 'node:buffer';
import { byteLimit, oneOf, readOptions, wholeNumber } from './framing/options.ts';
import type { Codec, Protocol } from './protocol.ts';
import { CommandDecoder } from './resp/commands.ts';
import type { RespEncoding, RespSettings } from './resp/decoder.ts';
import { RespEncoder, type RespArgument, type RespReply } from './resp/encode.ts';
import { ReplyDecoder } from './resp/replies.ts';

export { error, nullArray, ok, simple } from './resp/encode.ts';
export type {
  RespArgument,
  RespError,
  RespNullArray,
  RespReply,
  RespSimple,
} from './resp/encode.ts';

export interface RespOptions {
  /**
   * 'utf8' (default): bulk strings are strings; bytes that are not UTF-8 are refused (MALFORMED), not replaced.
   * 'latin1': strings with one character for each byte. 'buffer': Buffers, copied.
   */
  readonly encoding?: RespEncoding;
  /** Longest command or reply received, framing included. A line that is a command has 65536 at most. Default: the server's `messageLimitBytes`. */
  readonly maxBytes?: number;
  /** Most arguments of a command, and elements of a reply. Default 1048576, as in redis before 7. */
  readonly maxArguments?: number;
  /** How deep the arrays of a reply may nest, both ways. Default 32. */
  readonly maxDepth?: number;
}

/**
 * A message is a command: an array of its name and its arguments, as bulk strings or as a line split like redis does
 * (inline commands; quotes and escapes as in sdssplitargs). Empty arrays and blank lines are passed over, as in redis.
 *
 * | reply | on the wire |
 * | --- | --- |
 * | string, Uint8Array | bulk string |
 * | number (a safe integer), bigint (64 bits) | integer; a number again if it is safe |
 * | null | null bulk string |
 * | array | array of replies |
 * | `{ simple: 'OK' }`: `ok`, `simple()` | simple string |
 * | `{ error: 'ERR …' }`: `error()` | error |
 * | `{ nullArray: true }`: `nullArray` | null array |
 *
 * Anything else is a TypeError, booleans too: RESP2 has none. A handler that throws is answered with
 * `-ERR internal error`. What breaks the protocol is answered as redis does, then the connection is closed: TOO_LARGE
 * (as soon as it is announced), TOO_DEEP (replies), MALFORMED, CUT_SHORT. Stricter than redis: CRLF must follow a bulk
 * string.
 *
 * @throws OptionError
 */
export function resp(options: RespOptions & { encoding: 'buffer' }): Protocol<Buffer[], RespReply>;
export function resp(options?: RespOptions): Protocol<string[], RespReply>;
export function resp(options: RespOptions = {}): Protocol {
  const checked = readOptions('resp', options, {
    encoding: oneOf('utf8', 'latin1', 'buffer'),
    maxBytes: byteLimit,
    maxArguments: wholeNumber(1, 2 ** 31 - 1),
    maxDepth: wholeNumber(1, 1000),
  });
  return Object.freeze({
    name: 'resp',
    options: checked,
    framed: true,
    server: makeServer(checked),
    client: makeClient(checked),
  });
}

function settings(options: RespOptions, limit: number): RespSettings {
  return {
    encoding: options.encoding ?? 'utf8',
    maxBytes: options.maxBytes ?? limit,
    maxArguments: options.maxArguments ?? 1024 * 1024,
    maxDepth: options.maxDepth ?? 32,
  };
}

const INTERNAL_ERROR = Buffer.from('-ERR internal error\r\n');

function makeServer(options: RespOptions): Codec<unknown, RespReply> {
  const encoder = new RespEncoder(settings(options, 0));
  return Object.freeze({
    decoder: (limit) => new CommandDecoder(settings(options, limit)),
    encode(reply, writer) {
      encoder.reply(reply, writer);
      return undefined;
    },
    encodeError(_error, writer) {
      writer.raw(INTERNAL_ERROR);
      return undefined;
    },
  } satisfies Codec<unknown, RespReply>);
}

function makeClient(options: RespOptions): Codec<RespReply, readonly RespArgument[]> {
  const encoder = new RespEncoder(settings(options, 0));
  return Object.freeze({
    decoder: (limit) => new ReplyDecoder(settings(options, limit)),
    encode(command, writer) {
      encoder.command(command, writer);
      return undefined;
    },
  } satisfies Codec<RespReply, readonly RespArgument[]>);
}
