/** Topics within one loop: what is encoded, who gets it, and what is left behind. */
import t, { type Test } from 'tap';
import { handlerErrors } from '../channels.ts';
import { defineHandler, type Connection, type MessageHandler } from '../handler.ts';
import { line } from '../protocols/line.ts';
import type { Codec, Protocol } from '../protocols/protocol.ts';
import { harness, type HarnessOptions } from '../testing.ts';

type Line = Connection<string>;

/** Whose clients say `sub TOPIC`, `skip TOPIC`, `unsub TOPIC` and `pub TOPIC TEXT`. */
const handler = defineHandler({
  protocol: line(),
  pushes: true,
  message(text, connection: Line) {
    const [verb, topic, ...words] = text.split(' ');
    if (verb === 'sub') connection.subscribe(topic);
    else if (verb === 'skip') connection.subscribe(topic, { slow: 'skip' });
    else if (verb === 'unsub') connection.unsubscribe(topic);
    else connection.publish(topic, words.join(' '));
  },
});

async function start(t: Test, more: Partial<MessageHandler> = {}, options: HarnessOptions = {}) {
  const server = await harness({ ...handler, ...more }, options);
  t.teardown(() => server.stop());
  const failed: unknown[] = [];
  const onError = (message: unknown) => void failed.push((message as { error: unknown }).error);
  handlerErrors.subscribe(onError);
  t.teardown(() => handlerErrors.unsubscribe(onError));
  const connect = async (text = '') => {
    const client = server.connect();
    client.write(text);
    await client.settled();
    return client;
  };
  return { server, connect, failed };
}

/** Counts what it encodes, and remembers the bytes. */
function counting(protocol: Protocol): { protocol: Protocol; encoded: unknown[] } {
  const encoded: unknown[] = [];
  const server: Protocol['server'] = {
    ...protocol.server,
    encode(message, writer, input) {
      encoded.push(message);
      return protocol.server.encode(message, writer, input);
    },
  };
  return { protocol: { ...protocol, server }, encoded };
}

t.test('a message is encoded once for all of its subscribers, and not without', async (t) => {
  const { protocol, encoded } = counting(line());
  const { server, connect } = await start(t, { protocol });
  const publisher = await connect('sub a\npub a to nobody else\npub b to nobody\n');
  t.strictSame(encoded, []);
  const clients = await Promise.all(Array.from({ length: 100 }, () => connect('sub a\n')));
  publisher.write('pub a hello\npub a again\n');
  await server.settled();
  for (const client of clients) t.equal(client.text, 'hello\nagain\n');
  t.equal(publisher.text, '');
  t.strictSame(encoded, ['hello', 'again']);
  const { topics, subscriptions, published, delivered, dropped } = server.stats();
  t.strictSame([topics, subscriptions, published, delivered, dropped], [1, 101, 4, 200, 0]);
});

t.test('who comes and goes leaves nothing behind', async (t) => {
  const { server, connect } = await start(t, {
    message(times: string, connection: Line) {
      for (let i = 0; i < Number(times); i += 1) {
        connection.subscribe(`a ${i % 10}`);
        connection.subscribe(`b ${i}`);
        connection.unsubscribe(`a ${i % 10}`);
        connection.unsubscribe(`b ${i}`);
        connection.unsubscribe('never');
      }
      connection.subscribe('kept');
      connection.subscribe('kept');
    },
  });
  const one = await connect('20000\n');
  const other = await connect('1\n');
  t.match(server.stats(), { topics: 1, subscriptions: 2 });
  one.end();
  other.reset();
  await server.settled();
  t.match(server.stats(), { topics: 0, subscriptions: 0, open: 0 });
});

t.test('in close() it has left its topics, and may still publish', async (t) => {
  const { server, connect } = await start(t, {
    close(connection) {
      connection.publish('a', 'gone');
      connection.subscribe('a');
      connection.unsubscribe('a');
      connection.subscribe('b');
    },
  });
  const stays = await connect('sub a\n');
  const goes = await connect('sub a\n');
  goes.end();
  await server.settled();
  t.equal(stays.text, 'gone\n');
  t.match(server.stats(), { topics: 1, subscriptions: 1 });
});

t.test('not behind replies due', async (t) => {
  let settle: (reply: string) => void = () => {};
  const { server, connect } = await start(t, {
    message: (text: string, connection: Line) => {
      connection.subscribe('a');
      return text === 'late' ? new Promise((resolve) => (settle = resolve)) : text;
    },
  });
  const client = await connect();
  client.write('late\nnext\n');
  await client.turn();
  server.publish('a', 'published');
  await client.turn();
  t.equal(client.text, 'published\n');
  settle('reply');
  await client.settled();
  t.equal(client.text, 'published\nreply\nnext\n');
});

t.test('a client that does not read', async (t) => {
  const limits = { sendLimitBytes: 200_000 };
  const { server, connect } = await start(t, {}, { limits });
  const reads = await connect('sub a\n');
  const closes = await connect('sub a\n');
  const skips = await connect('skip a\n');
  closes.pause();
  skips.pause();
  const text = 'x'.repeat(999);
  for (let i = 0; i < 1000; i += 1) server.publish('a', text);
  await reads.settled();
  await closes.turn();
  t.equal(reads.text.length, 1_000_000);
  t.match(closes.closed, { code: 'send-limit' }, 'is closed at its limit');
  t.ok(skips.waitingBytes < limits.sendLimitBytes, 'or misses what is too much');
  const { dropped, subscriptions } = server.stats();
  t.equal(subscriptions, 2);
  t.equal(skips.waitingBytes, (1000 - dropped) * 1000, 'which is counted');
  skips.resume();
  await skips.settled();
  server.publish('a', 'on');
  await skips.settled();
  t.equal(skips.text, `${text}\n`.repeat(1000 - dropped) + 'on\n', 'and gets what comes later');
  skips.write('sub a\n');
  await skips.settled();
  skips.pause();
  for (let i = 0; i < 1000; i += 1) server.publish('a', text);
  await skips.turn();
  t.match(skips.closed, { code: 'send-limit' }, 'the policy is that of the last subscribe()');
});

t.test('what is published while a message is delivered comes behind it', async (t) => {
  const { server, connect } = await start(t, {
    message(text: string, connection: Line) {
      connection.subscribe('a');
      if (text !== 'fill') return;
      while (connection.send('f'.repeat(1000)) !== 'wait');
    },
    drain: (connection: Line) => connection.publish('a', 'drained'),
  });
  const fills = await connect('in\n');
  const listens = await connect('in\n');
  fills.pause();
  fills.write('fill\n');
  await fills.turn();
  fills.resume();
  server.publish('a', 'first');
  await server.settled();
  t.equal(listens.text, 'first\ndrained\n');
});

t.test('what cannot be encoded', async (t) => {
  const { server, connect, failed } = await start(t);
  const client = await connect('sub a\n');
  server.publish('a', 3);
  server.publish('a', 'two\nlines');
  server.publish('b', 'two\nlines');
  server.publish('a', 'good');
  await client.settled();
  t.equal(client.text, 'good\n');
  t.match(failed, [{ message: /line takes a string/ }, { message: /line cannot carry/ }]);
  t.equal(server.stats().errors, 2);
});

t.test('a message that wants an end behind it, or more bytes', async (t) => {
  const codec: Protocol['server'] = {
    ...line().server,
    encode(message: string, writer) {
      writer.text(`${message}\n`);
      if (message === 'bye') return { close: true };
      return message === 'stream' ? { stream: (async function* () {})() } : undefined;
    },
  };
  const { server, connect, failed } = await start(t, { protocol: { ...line(), server: codec } });
  const clients = [await connect('sub a\n'), await connect('sub a\n')];
  server.publish('a', 'stream');
  server.publish('a', 'bye');
  server.publish('a', 'never');
  await server.settled();
  t.match(failed, [{ message: /A message that streams cannot be sent/ }]);
  for (const client of clients) {
    t.equal(client.text, 'bye\n');
    t.ok(client.ended);
  }
});

t.test('a connection that has switched protocols gets it in the words of its own', async (t) => {
  const { protocol, encoded } = counting(line());
  const quad: Codec<unknown, unknown> = {
    ...line().server,
    encode(message, writer) {
      writer.text(`<${message as string}>`);
      return undefined;
    },
  };
  const quads: Protocol = { ...line(), name: 'quads', server: quad };
  const switching: Protocol = {
    ...protocol,
    server: {
      ...protocol.server,
      encode(message, writer, input) {
        protocol.server.encode(message, writer, input);
        return message === 'switch' ? { switchTo: 'quads' } : undefined;
      },
    },
    switches: { quads: { protocol: quads } },
  };
  const { server, connect, failed } = await start(t, {
    protocol: switching,
    message(text: string, connection: Line) {
      connection.subscribe('a');
      return text;
    },
  });
  const clients = [await connect('stay\n'), await connect('switch\n'), await connect('stay\n')];
  encoded.length = 0;
  server.publish('a', 'hello');
  server.publish('a', 'two\nlines');
  await server.settled();
  const texts = clients.map((client) => client.text.replace(/^(stay|switch)\n/, ''));
  t.strictSame(texts, ['hello\n', '<hello><two\nlines>', 'hello\n']);
  t.strictSame(encoded, ['hello', 'two\nlines'], 'once for each codec, also where it fails');
  t.match(failed, [{ message: /line cannot carry/ }]);
});

t.test('start() publishes', async (t) => {
  let publish: (topic: string, message: unknown) => void = () => {};
  const { server, connect } = await start(t, {
    start: (context) => void (publish = context.publish),
  });
  const client = await connect('sub a\n');
  publish('a', 'from outside');
  await client.settled();
  t.equal(client.text, 'from outside\n');
  t.equal(server.stats().published, 1);
  t.throws(() => publish('', 'x'), { code: 'PATTERNS_TOPIC' });
});
