/** The bus of a server's workers, in memory: what crosses, in which order, and what a loop that is slow misses. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Follower } from '../handler.ts';
import { packMessage, readTopicBatch, TopicBatch, unpackMessage } from './batch.ts';
import { WorkerBus, type BusToMain, type BusToWorker } from './bus.ts';
import { Exchange } from './exchange.ts';

const TURNS = 10;

async function turns(): Promise<void> {
  for (let i = 0; i < TURNS; i += 1) await new Promise((resolve) => void setImmediate(resolve));
}

/** A worker whose messages cross by structured clone; it may be slow to read. */
class Member {
  readonly got: unknown[] = [];
  readonly said: BusToMain[] = [];
  readonly bus: WorkerBus;
  isSlow = false;
  #kept: BusToWorker[] = [];

  constructor(exchange: Exchange, id: number, limitBytes: number) {
    this.bus = new WorkerBus((message) => {
      this.said.push(message);
      setImmediate(() => exchange.take(id, structuredClone(message)));
    }, limitBytes);
    this.bus.connect((topic, message) => void this.got.push([topic, message]));
    exchange.add(id, (message) => {
      const copy = structuredClone(message);
      if (this.isSlow) this.#kept.push(copy);
      else setImmediate(() => this.bus.take(copy));
    });
  }

  wake(): void {
    this.isSlow = false;
    for (const message of this.#kept.splice(0)) this.bus.take(message);
  }

  batches(): number {
    return this.said.filter(({ type }) => type === 'batch').length;
  }
}

function members(count: number, limitBytes = 1_000_000) {
  const exchange = new Exchange(limitBytes);
  const list = Array.from({ length: count }, (_, i) => new Member(exchange, i + 1, limitBytes));
  return { exchange, list };
}

const positiveZero = (number: number) => (number === 0 ? 0 : number);
const value = fc.anything({
  key: fc.string().filter((key) => key !== '__proto__'), // msgpackr takes none
  values: [
    fc.boolean(),
    fc.integer(),
    fc.double().map(positiveZero), // msgpack has one zero
    fc.string(),
    fc.constantFrom(null, undefined),
  ],
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: false,
  withNullPrototype: false,
  withBigInt: false,
});

t.test('a batch gives back what was put into it', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), value)), (messages) => {
      const batch = new TopicBatch();
      for (const [topic, message] of messages) batch.add(topic, packMessage(message));
      const read: unknown[] = [];
      const bytes = structuredClone(batch.take());
      readTopicBatch(bytes, (topic, packed) => read.push([topic, unpackMessage(packed)]));
      assert.deepStrictEqual(read, messages); // tap cannot print an invalid Date
      return batch.isEmpty;
    }),
    { numRuns: 200 },
  );
  const bytes = Buffer.from('bytes');
  t.strictSame(unpackMessage(packMessage(bytes)), bytes);
  t.strictSame(unpackMessage(packMessage({ bytes: new Uint8Array([1, 2]) })), {
    bytes: new Uint8Array([1, 2]),
  });
  t.throws(() => packMessage([Symbol('no')]), { name: 'TypeError', message: /structured clone/ });
});

t.test('to whom a message goes', async (t) => {
  const { exchange, list } = members(3);
  const [one, two, three] = list;
  for (const { bus } of [one, two]) bus.join('a');
  three.bus.join('b');
  await turns();
  one.bus.publish('a', 1);
  one.bus.publish('b', 2);
  one.bus.publish('c', 3);
  await turns();
  t.strictSame(one.got, [], 'not back');
  t.strictSame(two.got, [['a', 1]]);
  t.strictSame(three.got, [['b', 2]]);
  exchange.publish('a', 4);
  await turns();
  t.strictSame(one.got, [['a', 4]], 'from the main loop to all');
  two.bus.leave('a');
  await turns();
  one.bus.publish('a', 5);
  await turns();
  t.strictSame(two.got, [
    ['a', 1],
    ['a', 4],
  ]);
  t.equal(one.batches(), 2, 'the messages of a turn are one batch');
});

t.test('a topic that is left and joined in one turn is not spoken of', async (t) => {
  const { list } = members(2);
  const [one, two] = list;
  one.bus.join('a');
  for (let i = 0; i < 1000; i += 1) {
    one.bus.leave('a');
    one.bus.join('a');
  }
  await turns();
  t.strictSame(one.said, [{ type: 'join', topic: 'a' }]);
  two.bus.publish('a', 1);
  await turns();
  t.strictSame(one.got, [['a', 1]]);
});

t.test('a subscription that was told before a message was published counts', async (t) => {
  const { list } = members(2);
  const [one, two] = list;
  two.bus.publish('a', 1); // its batch is read before the join, by chance
  one.bus.join('a');
  await turns();
  t.strictSame(one.got, [['a', 1]]);
});

t.test('a worker that is slow', async (t) => {
  const { exchange, list } = members(3, 10_000);
  const [one, two, slow] = list;
  for (const { bus } of [two, slow]) bus.join('a');
  await turns();
  slow.isSlow = true;
  const text = 'x'.repeat(990);
  for (let i = 0; i < 100; i += 1) {
    one.bus.publish('a', `${text}${i}`);
    if (i % 5 === 4) await turns();
  }
  await turns();
  t.equal(two.got.length, 100, 'nobody else misses anything');
  const dropped = exchange.dropped(3);
  t.ok(dropped >= 89 && dropped < 100, `${dropped} are dropped`);
  t.equal(exchange.dropped(2), 0);
  slow.wake();
  await turns();
  t.equal(slow.got.length, 100 - dropped);
  t.strictSame(slow.got, two.got.slice(0, slow.got.length), 'the oldest arrive, in order');
  one.bus.publish('a', 'on');
  await turns();
  t.strictSame(slow.got.at(-1), ['a', 'on'], 'and when it is back, all that is new');
  exchange.remove(3);
  t.equal(exchange.dropped(3), dropped, 'the count outlives it');
});

t.test('a main loop that is slow', async (t) => {
  const bus = new WorkerBus(() => {}, 10_000);
  bus.publish('a', 'y'.repeat(50_000));
  t.equal(bus.dropped, 0, 'a message that is alone goes, however long it is');
  await turns();
  for (let i = 0; i < 10; i += 1) bus.publish('a', 'x');
  t.equal(bus.dropped, 10);
  bus.take({ type: 'taken' });
  bus.publish('a', 'x');
  t.equal(bus.dropped, 10);
});

t.test('a worker that dies', async (t) => {
  const { exchange, list } = members(2);
  const [one, two] = list;
  for (const { bus } of list) bus.join('a');
  await turns();
  two.bus.publish('a', 'last');
  await new Promise((resolve) => void setImmediate(resolve));
  await new Promise((resolve) => void setImmediate(resolve));
  exchange.remove(2);
  exchange.take(2, { type: 'taken' });
  await turns();
  t.strictSame(one.got, [['a', 'last']], 'what had come of it goes on');
  one.bus.publish('a', 'nobody');
  await turns();
  t.strictSame(two.got, []);
  const successor = new Member(exchange, 2, 1000);
  one.bus.publish('a', 'not yet');
  await turns();
  successor.bus.join('a');
  await turns();
  one.bus.publish('a', 'now');
  await turns();
  t.strictSame(successor.got, [['a', 'now']], 'its successor has joined nothing');
});

/** What a loop that follows a topic was told. */
class Listener implements Follower {
  readonly got: Array<readonly [number, unknown]> = [];
  begun: readonly [string, number] | undefined = undefined;

  begin(epoch: string, after: number): void {
    this.begun = [epoch, after];
  }

  message(message: unknown, number: number): void {
    this.got.push([number, message]);
  }
}

const KEEP = { history: 1000, historyLimitBytes: 1_000_000 };

async function follow(member: Member, topic: string, keep = KEEP): Promise<Listener> {
  const listener = new Listener();
  const [done] = await Promise.all([member.bus.follow(topic, keep, listener), turns()]);
  t.equal(done, undefined);
  return listener;
}

const numbered = (from: number, to: number, text = '') =>
  Array.from({ length: to - from }, (_, i) => [from + i, `${text}${from + i}`]);

t.test('who follows a topic gets everything, numbered, in one order', async (t) => {
  const { exchange, list } = members(3);
  const [one, two, three] = list;
  const listeners = [await follow(one, 'a'), await follow(two, 'a')];
  three.bus.join('a');
  await turns();
  for (let i = 0; i < 20; i += 1) {
    for (const { bus } of list) bus.publish('a', `from a worker ${i}`);
    exchange.publish('a', 'from the main loop');
    exchange.publish('b', 'another topic');
    if (i % 3 === 0) await turns();
  }
  await turns();
  const [first, second] = listeners;
  t.strictSame(
    first.got.map(([number]) => number),
    Array.from({ length: 80 }, (_, i) => i + 1),
  );
  t.strictSame(second.got, first.got, 'its own too');
  t.strictSame(second.begun, first.begun);
  t.equal(three.got.length, 60, 'and who has subscribed, as ever: not its own');
  two.bus.unfollow('a');
  await turns();
  exchange.publish('a', 'last');
  await turns();
  t.equal(first.got.length, 81);
  t.equal(second.got.length, 80);
});

t.test('who follows a topic later begins with what is kept', async (t) => {
  const { exchange, list } = members(2);
  const [one, two] = list;
  const listener = await follow(one, 'a', { history: 3, historyLimitBytes: 1000 });
  for (let i = 1; i <= 10; i += 1) exchange.publish('a', `${i}`);
  await turns();
  const later = await follow(two, 'a');
  t.strictSame(later.begun, [listener.begun![0], 7]);
  t.strictSame(later.got, numbered(8, 11));
  exchange.remove(1);
  exchange.remove(2);
  exchange.publish('a', '11');
  await turns();
  const successor = await follow(new Member(exchange, 1, 1000), 'a');
  t.strictSame(successor.got, numbered(9, 12), 'also of what came while nobody followed');
  exchange.publish('a', '12');
  await turns();
  t.strictSame(successor.got, numbered(9, 13));
  t.strictSame(listener.got, numbered(1, 11), 'one that is gone gets nothing');
});

t.test('who follows a topic and is slow gets the rest later', async (t) => {
  const text = 'x'.repeat(990);
  for (const history of [1000, 30, 0]) {
    const { exchange, list } = members(3, 10_000);
    const [one, two, slow] = list;
    const keep = { ...KEEP, history };
    const near = await follow(two, 'a', keep);
    const far = await follow(slow, 'a', keep);
    slow.isSlow = true;
    for (let i = 1; i <= 100; i += 1) {
      one.bus.publish('a', `${text}${i}`);
      if (i % 5 === 0) await turns();
    }
    await turns();
    t.strictSame(near.got, numbered(1, 101, text), 'nobody else misses anything');
    t.equal(exchange.dropped(3), 0, 'nothing is lost yet');
    slow.wake();
    await turns();
    exchange.publish('a', `${text}101`);
    await turns();
    const all = numbered(1, 102, text);
    const missed = far.got.findIndex(([number], i) => number !== i + 1);
    if (history === 1000) {
      t.strictSame(far.got, all);
    } else {
      t.ok(missed > 0 && missed < 100 - history, `from ${missed + 1} on some are lost`);
      t.strictSame(far.got, [...all.slice(0, missed), ...all.slice(100 - history)]);
    }
    t.equal(exchange.dropped(3), 101 - far.got.length, 'and counted');
  }
});
