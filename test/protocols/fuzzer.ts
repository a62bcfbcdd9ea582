/**
 * Feeds a decoder with bytes that are nearly right. Whatever they are, nothing throws or hangs, no limit is passed, and
 * however they are cut the same is heard (`receive` in harness.ts checks what every decoder promises on the way).
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Step, type Decoder } from '../../src/protocols/protocol.ts';
import { bytewise, cut, randomCuts, type Heard } from './harness.ts';
import { mutated, pick, type Random } from './mutate.ts';
import type { Target } from './targets.ts';

/** Limits on a message: one that most inputs pass, and one that few do. */
export const LIMITS = [128, 1024] as const;
/** Inputs that were heard in a new way are changed further: so many of them. */
const MOST_POOLED = 500;
const SHORT_BYTES = 64;

/** How often each kind of outcome was met. */
export type Outcomes = Map<string, number>;

/** Runs `count` inputs. Throws an AssertionError with the input at the first fault. */
export function fuzz(target: Target, count: number, random: Random, outcomes: Outcomes): void {
  const pool = [...target.samples];
  const met = new Set<string>();
  for (let i = 0; i < count; i += 1) {
    const input = mutated(pick(random, pool), pool, random);
    const outcome = tryOne(target, input, pick(random, LIMITS), random);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (met.has(outcome) || pool.length >= MOST_POOLED) continue;
    met.add(outcome);
    pool.push(input);
  }
}

/** One input: whole, cut at random, and byte by byte. Gives the kind of outcome. */
export function tryOne(target: Target, input: Buffer, limit: number, random: Random): string {
  const pieces = [randomCuts(input, random)];
  if (input.length <= SHORT_BYTES) pieces.push(bytewise(input));
  return compare(target, input, limit, pieces);
}

/** The same for one that is kept: cut at every byte. */
export function tryEverywhere(target: Target, input: Buffer, limit: number): string {
  const pieces = Array.from(input, (_, at) => cut(input, at));
  return compare(target, input, limit, [...pieces, bytewise(input)]);
}

function compare(target: Target, input: Buffer, limit: number, ways: Buffer[][]): string {
  try {
    const whole = target.hear([input], limit);
    for (const pieces of ways) {
      const heard = target.hear(pieces, limit);
      if (target.unbounded) assert.deepEqual(join(heard), join(whole));
      else assert.deepEqual(heard, whole);
    }
    return outcomeOf(whole);
  } catch (error) {
    const shown = JSON.stringify(input.toString('latin1'));
    throw new Error(`${target.name}, limit ${limit}: ${shown}`, { cause: error });
  }
}

function outcomeOf({ values, failure, finished }: Heard): string {
  const end = Object.keys(Step).find((name) => Step[name as keyof typeof Step] === finished);
  const what = failure
    .replace(/is not JSON.*/, 'is not JSON') // V8's sentences quote the line
    .replaceAll(/"(?:[^"\\]|\\.)*"?|'.*'|\d+/g, '#')
    .slice(0, 80);
  return `${Math.min(values.length, 3)} heard, ${what || end}`;
}

function join(heard: Heard): Buffer {
  return Buffer.concat(heard.values as Buffer[]);
}

// ---- memory -------------------------------------------------------------------------------------------------------------

const DECODERS = 20;
const PIECE_BYTES = 1024;

export interface Retained {
  /** What a decoder keeps of its own while it waits inside a long message; the bytes themselves the caller keeps. */
  readonly heapBytesEach: number;
  /** Buffers of the caller's that it still holds: there must be none. */
  readonly buffers: number;
}

/** What decoders keep that wait for the last byte of `message`. */
export async function retained(
  { codec, name }: Target,
  message: Buffer,
  limit: number,
): Promise<Retained> {
  assert.ok(codec !== undefined, `${name} has decoders`);
  const held: Array<Decoder<unknown>> = [];
  const fed: Array<WeakRef<Buffer>> = [];
  // The first time is for what is made once and stays: compiled code, caches, tables.
  for (let i = 0; i < DECODERS; i += 1) waiting(codec.decoder(limit), name, message, fed);
  const before = await inUse();
  for (let i = 0; i < DECODERS; i += 1) {
    const decoder = codec.decoder(limit);
    waiting(decoder, name, message, fed);
    held.push(decoder);
  }
  const heapBytesEach = ((await inUse()) - before) / held.length;
  return { heapBytesEach, buffers: fed.filter((ref) => ref.deref() !== undefined).length };
}

function waiting(
  decoder: Decoder<unknown>,
  name: string,
  message: Buffer,
  fed: Array<WeakRef<Buffer>>,
): void {
  let pos = 0;
  for (let end = 0; end < message.length - 1;) {
    const fresh = end;
    end = Math.min(message.length - 1, end + PIECE_BYTES);
    // As a caller does it: the bytes that wait, and those that came, in a buffer of their own.
    const buffer = Buffer.from(message.subarray(pos, end));
    fed.push(new WeakRef(buffer));
    decoder.feed(buffer, 0, buffer.length, fresh - pos);
    assert.equal(decoder.next(), Step.MORE, `${name} waits for more`);
    pos += decoder.pos;
  }
  assert.ok(message.length - pos > PIECE_BYTES, `${name} waits inside of a long message`);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function inUse(): Promise<number> {
  for (let i = 0; i < 2; i += 1) {
    await new Promise(setImmediate); // a WeakRef holds its target up to the end of the turn
    collect();
  }
  return process.memoryUsage().heapUsed;
}
