/** The bus of a server's workers, in memory: what crosses, in which order, and what a loop that is slow misses. */
import fc from 'fast-check';
import t from 'tap';
import { packMessage, readTopicBatch, TopicBatch, unpackMessage } from './batch.ts';
import { WorkerBus, type BusBatch, type BusToMain } from './bus.ts';
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
  #kept: BusBatch[] = [];

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

const value = fc.anything({
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
      t.strictSame(read, messages);
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
