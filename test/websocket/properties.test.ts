/** Whatever one side encodes the other decodes, however it is cut; and no bytes whatsoever do harm. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import t from 'tap';
import { Step } from '../../src/protocols/protocol.ts';
import { Utf8Checker } from '../../src/protocols/websocket/utf8.ts';
import { xor } from '../../src/protocols/websocket/mask.ts';
import { websocket } from '../../src/protocols/websocket/websocket.ts';
import { Writer } from '../../src/protocols/writer.ts';
import { randomCuts, seeded, written } from '../protocols/harness.ts';
import { SEED } from '../modes/support/random.ts';
import { hostile } from './hostile.ts';
import { fragments, frame, hear } from './support.ts';

const message = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 70_000 }).map((length) => 'é'.repeat(length / 2)),
  fc.integer({ min: 0, max: 70_000 }).map((length) => Buffer.alloc(length, 'abc')),
);

void t.test('encode → decode', async (t) => {
  const writer = new Writer();
  for (const windowBits of [0, 9, 15]) {
    const protocol = websocket({ deflateThresholdBytes: 10 }, windowBits);
    for (const [from, side] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      fc.assert(
        fc.property(fc.array(message, { maxLength: 5 }), fc.integer(), (messages, seed) => {
          for (const one of messages) protocol[from].encode(one, writer, undefined);
          const pieces = randomCuts(written(writer), seeded(seed));
          assert.deepEqual(hear(pieces, { windowBits, side }).events, messages);
        }),
        { seed: SEED, numRuns: 150 },
      );
      t.pass(`${from} to ${side}, window ${windowBits}`);
    }
  }
});

void t.test('fragments', async (t) => {
  fc.assert(
    fc.property(
      message,
      fc.array(fc.nat(300), { maxLength: 6 }),
      fc.integer(),
      (sent, places, seed) => {
        const body = Buffer.from(sent as string);
        const cuts = places.map((at) => Math.min(at, body.length)).toSorted((a, b) => a - b);
        const frames = fragments(body, typeof sent === 'string' ? 1 : 2, ...cuts);
        const pieces = randomCuts(Buffer.concat(frames), seeded(seed));
        assert.deepEqual(hear(pieces).events, [sent]);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
  t.pass();
});

void t.test('a mask, at every alignment and length', async (t) => {
  const key = [0x12, 0x9f, 0xe3, 0x01];
  const word = Buffer.from(key).readInt32BE(0);
  const lengths = [...Array(150).keys(), 4095, 4096, 4111, 65_535, 65_536, 65_537, 200_003];
  for (let offset = 0; offset < 9; offset += 1) {
    for (const length of lengths) {
      const bytes = Buffer.alloc(length + 50, 0x5a);
      const view = bytes.subarray(offset % 3);
      xor(view, offset, offset + length, word);
      const expected = Buffer.alloc(length + 50 - (offset % 3), 0x5a);
      for (let i = 0; i < length; i += 1) expected[offset + i] ^= key[i % 4];
      assert.deepEqual(view, expected, `${length} at ${offset}`);
    }
  }
  t.pass();
});

void t.test('UTF-8 in pieces is what it is as a whole', async (t) => {
  const fatal = new TextDecoder('utf-8', { fatal: true });
  const isText = (bytes: Uint8Array) => {
    try {
      fatal.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const lead = fc.constantFrom(
    0x41,
    0xc2,
    0xe0,
    0xe2,
    0xed,
    0xee,
    0xf0,
    0xf1,
    0xf4,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
  );
  fc.assert(
    fc.property(fc.array(lead, { maxLength: 8 }), fc.nat(8), fc.nat(8), (bytes, a, b) => {
      const buffer = Buffer.from(bytes);
      const [from, to] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
      const checker = new Utf8Checker();
      const good =
        checker.check(buffer, 0, from) &&
        checker.check(buffer, from, to) &&
        checker.check(buffer, to, bytes.length) &&
        checker.isWhole;
      assert.equal(good, isText(buffer));
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  t.pass();
});

void t.test('hostile bytes', async (t) => {
  const { refused, messages } = hostile(4000, seeded(SEED));
  t.ok(refused > 500 && messages > 500, `${refused} refused, ${messages} messages`);
});

void t.test('a length alone takes no memory', async (t) => {
  const decoder = websocket({ messageLimitBytes: 2 ** 31 - 1 }).server.decoder(0);
  const header = frame({ opcode: 2, says: 2n ** 30n });
  const before = process.memoryUsage().arrayBuffers;
  decoder.feed(header, 0, header.length, 0);
  t.equal(decoder.next(), Step.MORE);
  t.equal(decoder.want, header.length + 2 ** 30);
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});
