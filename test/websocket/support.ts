/**
 * Frames written by hand, and the connection played for a decoder: bytes come in pieces out of one buffer, what was not
 * consumed is kept, and the buffer is overwritten after each piece, as a loop does.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { ProtocolError } from '../../src/errors.ts';
import { Step, type Codec } from '../../src/protocols/protocol.ts';
import type { WebSocketOptions } from '../../src/protocols/websocket/options.ts';
import { websocket } from '../../src/protocols/websocket/websocket.ts';

export const LIMIT = 70_000;
const MARGIN = 3;

export interface FrameParts {
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 2, RSV3 1. */
  readonly rsv?: number;
  readonly opcode?: number;
  readonly payload?: string | Uint8Array;
  /** Default: one of four different bytes. Undefined: not masked. */
  readonly key?: readonly number[] | undefined;
  /** How the length is written: 7, 16 or 64 bits. Default: the shortest. */
  readonly lengthBits?: number;
  /** The length that is said, if it is not the payload's. */
  readonly says?: bigint;
}

const KEY = [0x37, 0xfa, 0x21, 0x3d];

/** A frame of a client, by the letters of RFC 6455, 5.2, and by no code of ours. */
export function frame(parts: FrameParts): Buffer {
  const { fin = true, rsv = 0, opcode = 1, payload = '' } = parts;
  const key = 'key' in parts ? parts.key : KEY;
  const body = Buffer.from(payload as string);
  const says = parts.says ?? BigInt(body.length);
  const bits = parts.lengthBits ?? (says < 126n ? 7 : says < 65_536n ? 16 : 64);
  const bytes = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const mask = key === undefined ? 0 : 0x80;
  bytes.push(mask | (bits === 7 ? Number(says) : bits === 16 ? 126 : 127));
  if (bits > 7)
    for (let shift = bits - 8; shift >= 0; shift -= 8)
      bytes.push(Number((says >> BigInt(shift)) & 255n));
  if (key === undefined) return Buffer.concat([Buffer.from(bytes), body]);
  const masked = body.map((byte, i) => byte ^ key[i % 4]);
  return Buffer.concat([Buffer.from([...bytes, ...key]), masked]);
}

export const text = (payload: string, parts: FrameParts = {}) => frame({ ...parts, payload });
export const ping = (payload = '') => frame({ opcode: 9, payload });
export const pong = (payload = '') => frame({ opcode: 10, payload });

/** A Close's payload. */
export function status(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason as string)]);
}
export const close = (code: number, reason: string | Uint8Array = '') =>
  frame({ opcode: 8, payload: status(code, reason) });

/** A message in frames, cut at those places. */
export function fragments(
  payload: string | Uint8Array,
  opcode: number,
  ...cuts: number[]
): Buffer[] {
  const body = Buffer.from(payload as string);
  const ends = [...cuts, body.length];
  return ends.map((end, i) =>
    frame({
      fin: i === cuts.length,
      opcode: i === 0 ? opcode : 0,
      payload: body.subarray(i === 0 ? 0 : ends[i - 1], end),
    }),
  );
}

export interface Heard {
  /** Messages as they are; what the protocol sends itself as hex. */
  readonly events: Array<string | Buffer | { sends: string }>;
  /** MORE: it goes on. */
  readonly step: Step;
  /** What it was refused with; 0 where it was not. */
  readonly status: number;
  readonly says: string;
  readonly reply: string;
  readonly farewell: { status: number; text: string } | undefined;
}

export interface Hearing {
  readonly options?: WebSocketOptions;
  readonly windowBits?: number;
  readonly side?: 'server' | 'client';
}

function codecOf({
  options = {},
  windowBits = 0,
  side = 'server',
}: Hearing): Codec<string | Buffer, unknown> {
  return websocket(options, windowBits)[side] as Codec<string | Buffer, unknown>;
}

export function hear(pieces: readonly Buffer[], hearing: Hearing = {}): Heard {
  const codec = codecOf(hearing);
  const decoder = codec.decoder(LIMIT);
  const events: Heard['events'] = [];
  let failure: ProtocolError | undefined;
  let kept: Buffer = Buffer.alloc(0);
  let step: Step = Step.MORE;
  for (const piece of pieces) {
    const to = MARGIN + kept.length + piece.length;
    const shared = Buffer.alloc(to + 16, 0x81);
    kept.copy(shared, MARGIN);
    piece.copy(shared, MARGIN + kept.length);
    decoder.feed(shared, MARGIN, to, MARGIN + kept.length);
    for (step = decoder.next(); ; step = decoder.next()) {
      if (step === Step.MESSAGE) {
        assert.equal(decoder.pos, decoder.end, 'pos is behind the message');
        const run = Buffer.from(shared.subarray(decoder.start, decoder.end));
        try {
          const message = decoder.take();
          events.push(message);
          assert.deepEqual(anew(codec, run), message, 'the run alone is the message again');
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          failure = error;
          break;
        }
      } else if (step === Step.ANSWER || step === Step.URGENT) {
        events.push({ sends: plain(decoder.control!) });
      } else {
        break;
      }
    }
    if (step === Step.FAIL) ({ failure } = decoder);
    if (failure !== undefined || step !== Step.MORE) break;
    assert.ok(decoder.want === 0 || decoder.want > to - decoder.pos, 'want asks for more');
    kept = Buffer.from(shared.subarray(decoder.pos, to));
    shared.fill(0xee); // what was taken must not change with it
  }
  const [, code = '0', says = ''] = /^(\d+): (.*)$/.exec(failure?.message ?? '') ?? [];
  return {
    events,
    step: failure === undefined ? step : Step.FAIL,
    status: Number(code),
    says,
    reply: plain(failure?.reply ?? new Uint8Array(0)),
    farewell: decoder.farewell,
  };
}

/** A control frame as hex, without the mask of a client, which is another one each time. */
function plain(control: Uint8Array): string {
  const bytes = Buffer.from(control);
  if (bytes.length < 2 || bytes[1] < 0x80) return bytes.toString('hex');
  const payload = bytes.subarray(6).map((byte, i) => byte ^ bytes[2 + (i % 4)]);
  return Buffer.concat([Buffer.from([bytes[0], bytes[1] & 0x7f]), payload]).toString('hex');
}

/** What a fresh decoder makes of one message's bytes, as an executor of `dispatched` does. */
function anew(codec: Codec<string | Buffer, unknown>, run: Buffer): string | Buffer {
  const decoder = codec.decoder(LIMIT);
  decoder.feed(run, 0, run.length, 0);
  let step = decoder.next();
  while (step === Step.URGENT) step = decoder.next();
  assert.equal(step, Step.MESSAGE);
  return decoder.take();
}

const MOST_CUTS = 700;

/** Heard whole, cut at every byte (of long input: at some), and byte by byte; it must be the same each time. */
export function hearAll(bytes: Buffer | readonly Buffer[], hearing: Hearing = {}): Heard {
  const all = Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes);
  const whole = hear([all], hearing);
  const stride = Math.max(1, Math.ceil(all.length / MOST_CUTS));
  for (let at = 1; at < all.length; at += stride) {
    assert.deepEqual(hear([all.subarray(0, at), all.subarray(at)], hearing), whole, `cut at ${at}`);
  }
  if (all.length < 3000) {
    const bytewise = Array.from(all, (byte) => Buffer.from([byte]));
    assert.deepEqual(hear(bytewise, hearing), whole, 'byte by byte');
  }
  return whole;
}
