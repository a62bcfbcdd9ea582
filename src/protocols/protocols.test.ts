/** Every protocol, both sides, the same suite. What is asked of each is in test/protocols/; fuzz.test.ts there has more. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import t from 'tap';
import { CASES, type Case, type Side } from '../../test/protocols/cases.ts';
import {
  bytewise,
  cut,
  LIMIT,
  randomCuts,
  receive,
  seeded,
  written,
  type Heard,
} from '../../test/protocols/harness.ts';
import { makeProtocol, protocols } from './index.ts';
import { Step, type Codec } from './protocol.ts';
import { Writer } from './writer.ts';

type AnyCodec = Codec<unknown, unknown>;
const writer = new Writer();

function encode(codec: AnyCodec, values: readonly unknown[]): Buffer {
  for (const value of values) codec.encode(value, writer, undefined);
  return written(writer);
}

for (const one of CASES) {
  const protocol = makeProtocol(one.protocol, one.options);
  const sides: ReadonlyArray<readonly [string, Side, AnyCodec, AnyCodec]> = [
    ['server', one.server, protocol.server, protocol.client],
    ['client', one.client, protocol.client, protocol.server],
  ];
  for (const [name, side, codec, peer] of sides) {
    const options = Object.keys(one.options).length === 0 ? '' : JSON.stringify(one.options);
    t.test(`${one.protocol}(${options}).${name}`, (t) => {
      vectors(one, side, codec, peer);
      t.pass('vectors, whole and cut');
      halfClose(one, side, codec);
      t.pass('half-close');
      hostile(side, codec);
      t.pass('hostile input');
      refused(side, peer);
      t.pass('what cannot be encoded');
      identity(one, side, codec, peer);
      t.pass('what one side encodes the other decodes');
      t.end();
    });
  }
}

function vectors(one: Case, side: Side, codec: AnyCodec, peer: AnyCodec): void {
  const random = seeded(1);
  for (const { bytes, values, oneWay } of side.vectors) {
    const whole = receive(codec, [bytes]);
    assert.deepEqual(whole.values, values);
    assert.equal(whole.failure, '');
    assert.equal(whole.finished, Step.END);
    for (const [start, end] of whole.spans) {
      const alone = receive(codec, [bytes.subarray(start, end)]);
      assert.deepEqual(alone.values, [whole.values[whole.spans.findIndex(([at]) => at === start)]]);
      assert.deepEqual(alone.spans, [[0, end - start]], 'a message alone is that message');
    }
    if (oneWay === undefined) assert.deepEqual(encode(peer, values), bytes);
    if (one.unbounded !== undefined) continue;
    for (let at = 1; at < bytes.length; at += 1) {
      assert.deepEqual(receive(codec, cut(bytes, at)), whole, `cut at ${at}`);
    }
    assert.deepEqual(receive(codec, bytewise(bytes)), whole, 'byte by byte');
    for (let i = 0; i < 20; i += 1)
      assert.deepEqual(receive(codec, randomCuts(bytes, random)), whole);
  }
}

function halfClose(one: Case, side: Side, codec: AnyCodec): void {
  const empty = codec.decoder(LIMIT);
  empty.feed(Buffer.alloc(0), 0, 0, 0);
  assert.equal(empty.finish(), Step.END);
  if (one.unbounded !== undefined) return;
  for (const { bytes } of side.vectors) {
    const { spans } = receive(codec, [bytes]);
    const inside = (at: number) => spans.some(([start, end]) => at > start && at < end);
    for (let at = 1; at < bytes.length; at += 1) {
      if (!inside(at)) continue;
      const decoder = codec.decoder(LIMIT);
      decoder.feed(bytes, 0, at, 0);
      while (decoder.next() === Step.MESSAGE);
      const { pos } = decoder;
      assert.equal(decoder.finish(), Step.FAIL, `ended at ${at}`);
      assert.equal(decoder.failure?.code, 'CUT_SHORT');
      // The connection may show the rest again first.
      const again = codec.decoder(LIMIT);
      again.feed(bytes, pos, at, at);
      assert.equal(again.finish(), Step.FAIL);
    }
  }
}

function hostile(side: Side, codec: AnyCodec): void {
  for (const { what, bytes, code, says, reply } of side.hostile) {
    const whole = receive(codec, [bytes]);
    assert.ok(whole.failure.startsWith(`${code}: `), `${what}: ${whole.failure}`);
    if (typeof says === 'string') assert.ok(whole.failure.includes(says), whole.failure);
    else assert.match(whole.failure, says, what);
    if (reply !== undefined) assert.equal(whole.reply, reply, what);
    assert.deepEqual(receive(codec, bytewise(bytes)), whole, `${what}, byte by byte`);
    // Before it and after it there may be others: they are heard, and not heard.
    const [first] = side.vectors;
    const between = receive(codec, [Buffer.concat([first.bytes, bytes, first.bytes])]);
    assert.deepEqual(between.values.slice(0, first.values.length), first.values);
    assert.equal(between.failure, whole.failure, what);
  }
}

function refused(side: Side, peer: AnyCodec): void {
  const before = encode(peer, [side.vectors[0].values[0]]);
  for (const [value, says] of side.refused) {
    peer.encode(side.vectors[0].values[0], writer, undefined);
    const { size } = writer;
    assert.throws(
      () => peer.encode(value, writer, undefined),
      (error) => error instanceof TypeError && says.test(error.message),
      `${typeof value} ${String(says)}`,
    );
    assert.equal(writer.size, size, 'nothing was written');
    assert.deepEqual(written(writer), before);
  }
}

function identity(one: Case, side: Side, codec: AnyCodec, peer: AnyCodec): void {
  const arrives = side.arrives ?? ((sent: unknown) => sent);
  fc.assert(
    fc.property(fc.array(side.any, { minLength: 1, maxLength: 4 }), fc.integer(), (sent, seed) => {
      const bytes = encode(peer, sent);
      const heard = receive(codec, [bytes], 65_536);
      assert.equal(heard.failure, '');
      if (one.unbounded === undefined) {
        assert.deepEqual(heard.values, sent.map(arrives));
        assert.deepEqual(receive(codec, randomCuts(bytes, seeded(seed)), 65_536), heard);
      } else {
        assert.deepEqual(join(heard), Buffer.concat(sent.map((some) => arrives(some) as Buffer)));
      }
    }),
    { numRuns: 200, seed: 7 },
  );
}

function join(heard: Heard): Buffer {
  return Buffer.concat(heard.values as Buffer[]);
}

t.test('every protocol of the table is under test', (t) => {
  const tested = new Set(CASES.map(({ protocol }) => protocol));
  tested.add('http'); // a response depends on its request: test/http/ has the same questions for both
  t.same([...tested].sort(), Object.keys(protocols).sort());
  t.end();
});
