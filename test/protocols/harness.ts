/**
 * Plays the connection for a decoder: feeds bytes in pieces out of one buffer, keeps what was not consumed, and
 * overwrites the buffer after each piece, as a loop does. Checks on the way what every decoder promises.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { ProtocolError } from '../../src/errors.ts';
import { Step, type Codec } from '../../src/protocols/protocol.ts';
import type { Writer } from '../../src/protocols/writer.ts';

export interface Heard {
  readonly values: unknown[];
  /** Where in the input each message lay. */
  readonly spans: Array<readonly [number, number]>;
  /** Code and sentence of the error that ended it, and what it answers. */
  readonly failure: string;
  readonly reply: string;
  /** What `finish()` said at the end; MORE where an error had ended it. */
  readonly finished: Step;
}

export const LIMIT = 1024;
/** Stale bytes that a careless search would find. */
const STALE = Buffer.from('\r\n$1\r\n\0');
const MARGIN = 7;

/** `beside`: what a message and its framing may have in bytes beyond a limit that is its content's. */
export function receive(
  codec: Codec<unknown, unknown>,
  pieces: Buffer[],
  limit = LIMIT,
  beside = 0,
): Heard {
  const most = limit + beside;
  const decoder = codec.decoder(limit);
  const values: unknown[] = [];
  const spans: Array<readonly [number, number]> = [];
  let failed: ProtocolError | undefined;
  let kept = Buffer.alloc(0);
  let consumed = 0;
  for (const piece of pieces) {
    const seen = kept.length;
    const from = MARGIN;
    const to = from + seen + piece.length;
    const shared = Buffer.alloc(to + 64, STALE);
    kept.copy(shared, from);
    piece.copy(shared, from + seen);
    decoder.feed(shared, from, to, from + seen);
    let before = from;
    let step = decoder.next();
    for (; isOnTheWay(step); step = decoder.next()) {
      if (step !== Step.MESSAGE) continue;
      const { start, end } = decoder;
      assert.equal(decoder.pos, end, 'pos is behind the message');
      assert.ok(start >= before && end > start && end <= to, 'messages follow each other');
      assert.ok(end - start <= most, 'no message is longer than the limit');
      before = end;
      spans.push([consumed + start - from, consumed + end - from]);
      try {
        values.push(own(decoder.take(), shared));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        failed = error;
        break;
      }
    }
    if (failed === undefined && step === Step.FAIL) {
      failed = decoder.failure;
      assert.ok(failed instanceof ProtocolError, 'FAIL comes with its failure');
      assert.equal(decoder.next(), Step.FAIL, 'and stays');
      assert.equal(decoder.finish(), Step.FAIL);
    }
    if (failed !== undefined) break;
    if (step === Step.END) return { values, spans, failure: '', reply: '', finished: step };
    assert.equal(step, Step.MORE);
    assert.ok(decoder.want <= most, `want ${decoder.want} is within the limit`);
    assert.ok(decoder.want === 0 || decoder.want > to - decoder.pos, 'want asks for more');
    kept = Buffer.from(shared.subarray(decoder.pos, to));
    assert.ok(kept.length <= most + 16, `${kept.length} bytes kept are within the limit`);
    consumed += decoder.pos - from;
    shared.fill(0xee); // what was taken must not change with it
  }
  return {
    values,
    spans,
    failure: failed === undefined ? '' : `${failed.code}: ${failed.message}`,
    reply: failed?.reply === undefined ? '' : Buffer.from(failed.reply).toString('latin1'),
    finished: failed === undefined ? decoder.finish() : Step.MORE,
  };
}

/** HOLD: every reply due is out at once here. ANSWER: whether it comes depends on the cuts. URGENT: pongs, say. */
function isOnTheWay(step: Step): boolean {
  return (
    step === Step.MESSAGE || step === Step.HOLD || step === Step.ANSWER || step === Step.URGENT
  );
}

/** A view is what it was when it was taken; anything else stays as it is, to be seen changing. */
function own(value: unknown, shared: Buffer): unknown {
  return value instanceof Buffer && value.buffer === shared.buffer ? Buffer.from(value) : value;
}

export function cut(bytes: Buffer, ...at: number[]): Buffer[] {
  const ends = [...at, bytes.length];
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

export function bytewise(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}

export function randomCuts(bytes: Buffer, random: () => number): Buffer[] {
  const at = Array.from({ length: 3 }, () => Math.floor(random() * (bytes.length + 1)));
  return cut(bytes, ...at.sort((a, b) => a - b));
}

/** mulberry32: the same numbers for the same seed, everywhere. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a writer would send, as bytes of their own. Empties it. */
export function written(writer: Writer): Buffer {
  let bytes: Buffer;
  if (writer.length > 0) bytes = Buffer.from(writer.buffer.subarray(0, writer.length));
  else if (writer.single !== undefined) bytes = Buffer.from(writer.single);
  else bytes = Buffer.from(writer.string, writer.latin1Only ? 'latin1' : 'utf8');
  writer.clear();
  return bytes;
}
