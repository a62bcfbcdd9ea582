/** Topics, in every mode that takes handlers that push: whoever publishes, whoever subscribed hears of it, in order. */
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { Server, ServeOptions } from '../../src/serve.ts';
import { allGone, childrenOf } from './support/alive.ts';
import { connectTo, type Client } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith, type Combo } from './support/combos.ts';
import { Log } from './support/log.ts';
import { scripted, Speaker } from './support/scripts.ts';
import { before, until } from './support/wait.ts';

t.setTimeout(600_000);

/** In `shared` the one that is awake takes them all, for a while. */
const MOST_CLIENTS = 300;
const CHURN = 20_000;
/** So many that the kernel hardly gives them all to one shard. */
const SPOKEN_CLIENTS = 8;
const needs = ['pushes'] as const;

interface Served {
  readonly server: Server;
  readonly log: Log;
}

async function topics(
  t: Test,
  combo: Combo,
  flags = '',
  options: Omit<ServeOptions, 'handler'> = {},
): Promise<Served> {
  const log = new Log(t);
  const { capabilities } = combo.definition;
  const server = await serveWith(t, combo, {
    handler: handlerUrl('topics', `?${flags}`),
    data: { log: log.path },
    ...(capabilities.includes('balance') ? { balance: 'round-robin' } : {}),
    ...options,
  });
  return { server, log };
}

/** Says something, and waits for the answer. */
async function ask(client: Client, text: string, answer: string): Promise<void> {
  const had = client.text.length;
  await client.write(`${text}\n`);
  await until(
    () => client.text.slice(had).includes(`${answer}\n`),
    `"${answer}" for "${text}"; there is ${client.text.slice(had, had + 200)}`,
  );
}

async function connectAnd(server: Server, text: string, answer: string): Promise<Client> {
  const client = await connectTo(server);
  await ask(client, text, answer);
  return client;
}

/** Two clients in each of two places; in one where there are no more. */
async function spread(server: Server, combo: Combo): Promise<Map<string, Client[]>> {
  const places = new Map<string, Client[]>();
  const wanted = combo.definition.units.length === 0 ? 1 : 2;
  const isEnough = () =>
    places.size >= wanted && [...places.values()].every((clients) => clients.length >= 2);
  for (let i = 0; i < MOST_CLIENTS && !isEnough(); i += 1) {
    const client = await connectTo(server);
    await client.write('where\n');
    const where = (await client.untilText('\n')).trim();
    places.set(where, [...(places.get(where) ?? []), client]);
  }
  return places;
}

async function sum(server: Server, figure: 'topics' | 'subscriptions' | 'dropped' | 'errors') {
  const { workers } = await server.stats();
  return workers.reduce((total, worker) => total + worker[figure], 0);
}

/** A worker that is late is reported with its last figures, so it is asked again. */
async function comesTo(
  server: Server,
  figure: Parameters<typeof sum>[1],
  value: number,
  what: string,
) {
  let now = -1;
  await until(
    async () => (now = await sum(server, figure)) === value,
    `${what}: ${value} ${figure}`,
  ).catch((error: Error) => {
    throw new Error(`${error.message}, and there are ${now}`);
  });
}

/** The lines that came with that beginning. */
function lines(client: Client, beginning: string): string[] {
  return client.text.split('\n').filter((line) => line.startsWith(beginning));
}

const counted = (word: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${word} ${from + i}`);

t.test('publish and subscribe', async (t) => {
  await forEveryMode(t, { needs, readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const { server, log } = await topics(t, combo);
    const places = await spread(server, combo);
    t.equal(places.size, combo.definition.units.length === 0 ? 1 : 2, 'they are in several places');
    const clients = [...places.values()].flat();
    const [publisher, ...others] = clients;
    for (const client of clients) await ask(client, 'sub news', 'subscribed to news');
    await ask(publisher, 'sub news', 'subscribed to news');

    await ask(publisher, 'pub news 200 item', 'published to news');
    for (const client of others) {
      await client.untilText('item 199\n');
      t.strictSame(lines(client, 'item'), counted('item', 0, 200), 'each, once, in order');
    }
    await publisher.write('tick news 50\n');
    for (const client of clients) {
      await client.untilText('tick 50\n');
      t.strictSame(lines(client, 'tick'), counted('tick', 1, 51), 'from start(), by a timer');
    }
    t.strictSame(lines(publisher, 'item'), [], 'but the publisher itself, of its own');
    server.publish('news', 'from the program');
    for (const client of clients) await client.untilText('from the program\n');

    const [leaver, ...stayers] = others;
    await ask(leaver, 'unsub news', 'unsubscribed from news');
    await ask(leaver, 'sub more', 'subscribed to more');
    await ask(leaver, 'unsub never', 'unsubscribed from never');
    await ask(publisher, 'pub news 1 late', 'published to news');
    await ask(publisher, 'pub more 1 more', 'published to more');
    await leaver.untilText('more 0\n');
    for (const client of stayers) await client.untilText('late 0\n');
    t.strictSame(lines(leaver, 'late'), [], 'who unsubscribes gets no more');

    await ask(publisher, 'sub ends', 'subscribed to ends');
    leaver.end();
    await publisher.untilText('ended: client\n');
    const stay = clients.length;
    await comesTo(server, 'subscriptions', stay, 'who ends leaves its topics');
    await ask(publisher, `churn ${CHURN}`, 'churned');
    await comesTo(server, 'subscriptions', stay, 'and whoever comes and goes');
    for (const client of clients) client.socket.destroy();
    await comesTo(server, 'topics', 0, 'no topic is left');
    await comesTo(server, 'subscriptions', 0, 'nor a subscription');
    t.equal(await sum(server, 'errors'), 0);
    t.notOk(log.lines.includes('close error'));
  });
});

const spoken = scripted.filter((name) => name !== 'http'); // a response needs its request

const byFirstUnit = ({ unit, definition }: Combo) =>
  unit === definition.units[0] ? undefined : 'its other unit shows it';

t.test('in the words of every protocol', async (t) => {
  await forEveryMode(t, { needs, unless: byFirstUnit }, async (t, combo) => {
    for (const name of spoken) {
      const handler = handlerUrl('topics-spoken');
      const server = await serveWith(t, combo, { handler, protocol: name, data: name });
      const speaker = new Speaker(name);
      const subscribed = speaker.answer('did sub');
      const clients: Client[] = [];
      for (let i = 0; i < SPOKEN_CLIENTS; i += 1) {
        const client = await connectTo(server);
        await client.write(speaker.ask('sub'));
        await client.until(subscribed.length);
        clients.push(client);
      }
      const [publisher, ...others] = clients;
      const items = Array.from({ length: 20 }, (_, i) => `é~€ ${i}`);
      await publisher.write(speaker.ask(...items));
      const expected = Buffer.concat([subscribed, speaker.answer(...items)]);
      for (const client of others)
        t.same(await client.until(expected.length), expected, `${name}: the very bytes`);
      for (const client of clients) client.end();
      t.strictSame(await server.close(), { forced: false });
    }
  });
});

t.test('what is refused', async (t) => {
  await forEveryMode(t, { needs }, async (t, combo) => {
    const mute = await topics(t, combo, 'mute');
    const undeclared = 'PushError: The handler uses topics: declare `pushes: true`';
    const client = await connectTo(mute.server);
    await client.write('sub a\nunsub a\npub a 1 x\n');
    await until(() => lines(client, undeclared).length === 3, 'each is refused');
    mute.server.publish('a', 'to nobody');
    for (const topic of ['', 'x'.repeat(1025), '\ud800', 3, undefined] as string[])
      t.throws(() => mute.server.publish(topic, 'x'), { code: 'PATTERNS_TOPIC' });

    const limits = { subscriptions: 10 };
    const { server } = await topics(t, combo, '', { limits });
    const [first, ...others] = [...(await spread(server, combo)).values()].flat();
    await ask(first, 'many 10', 'subscribed to many');
    await first.write('many 11\nempty\nsub a never\n');
    await first.untilText('TopicError: The connection is subscribed to 10 topics');
    await first.untilText('TopicError: A topic is a well-formed text of 1 to 1024 characters');
    await first.untilText(`TopicError: slow is "never"; it must be 'close' or 'skip'.`);
    await ask(first, 'unsub many', 'unsubscribed from many');

    for (const client of others) await ask(client, 'sub a', 'subscribed to a');
    await ask(first, 'value a 3', 'published a value');
    await ask(first, 'symbol a', 'published a symbol');
    await ask(first, 'pub a 1 text', 'published to a');
    for (const client of others) {
      await client.untilText('text 0\n');
      t.notMatch(client.text, '\n3\n', 'a message that cannot be encoded reaches nobody');
    }
    await until(async () => (await sum(server, 'errors')) >= 2, 'and is counted');
  });
});

t.test('what a mode without pushes says', async (t) => {
  await forEveryMode(
    t,
    {
      unless: ({ definition }) =>
        definition.capabilities.includes('pushes') ? 'it has them' : undefined,
    },
    async (t, combo) => {
      await t.rejects(topics(t, combo), { code: 'PATTERNS_MODE', modes: ['single'] });
      const { server } = await topics(t, combo, 'mute');
      const error = {
        code: 'PATTERNS_MODE',
        message: /handlers that push. Modes that can: single/,
      };
      t.throws(() => server.publish('a', 'x'), error);
      const client = await connectTo(server);
      await client.write('sub a\n');
      await client.untilText('PushError: The handler uses topics');
    },
  );
});

/** More than the kernel keeps on both ways. */
const FLOOD_BYTES = 64 * 1024 * 1024;
const FILL_BYTES = 64 * 1024;

t.test('a slow subscriber', async (t) => {
  await forEveryMode(t, { needs }, async (t, combo) => {
    const { server, log } = await topics(t, combo);
    const [publisher, reader, ...slow] = [...(await spread(server, combo)).values()].flat();
    const [closed, skipped] = slow;
    await ask(reader, 'sub flood', 'subscribed to flood');
    const skipper = skipped ?? (await connectAnd(server, 'sub flood skip', 'subscribed to flood'));
    if (skipped !== undefined) await ask(skipped, 'sub flood skip', 'subscribed to flood');
    const victim = closed ?? (await connectAnd(server, 'sub flood', 'subscribed to flood'));
    if (closed !== undefined) await ask(closed, 'sub flood', 'subscribed to flood');
    victim.socket.pause();
    skipper.socket.pause();
    let filled = 0;
    let got = 0;
    reader.socket.removeAllListeners('data');
    reader.socket.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    const isOver = async () =>
      log.lines.includes('close send-limit') && (await sum(server, 'dropped')) > 0;
    while (filled < FLOOD_BYTES && !(await isOver())) {
      for (let i = 0; i < 8; i += 1) {
        await publisher.write(`fill flood ${FILL_BYTES - 1}\n`);
        filled += FILL_BYTES;
      }
      const all = filled;
      await until(() => got >= all, 'who reads gets everything');
    }
    await log.has('close send-limit');
    t.equal(log.count('close send-limit'), 1, 'one is closed, by its limit');
    victim.socket.resume();
    await before(victim.ended, 'it ends');
    t.ok((await sum(server, 'dropped')) > 0, 'the other one misses some');
    t.equal(got, filled, 'and who reads misses nothing');
    skipper.socket.resume();
    await until(async () => {
      await ask(publisher, 'pub flood 1 again', 'published to flood');
      return skipper.text.includes('again 0\n');
    }, 'it gets others when it reads again');
  });
});

const across = ({ definition, mode }: Combo) => {
  if (definition.units.length === 0) return 'its loop is the one of this test';
  return mode === 'dispatched' ? 'its connections are all in one loop' : undefined;
};

t.test('a slow worker', async (t) => {
  await forEveryMode(t, { needs, unless: across }, async (t, combo) => {
    const limits = { busLimitBytes: 100_000 };
    const { server, log } = await topics(t, combo, '', { limits });
    const [[publisher, near], [sleeper, far]] = [...(await spread(server, combo)).values()];
    for (const client of [near, far]) await ask(client, 'sub flood', 'subscribed to flood');
    const file = `${log.path}.go`;
    await sleeper.write(`wait ${file}\n`);
    await sleeper.untilText('waits\n');
    for (let i = 0; i < 100; i += 1)
      await ask(publisher, `pub flood 10 ${'x'.repeat(1000)}${i}`, 'published to flood');
    await near.untilText(`${'x'.repeat(1000)}99 9\n`);
    t.equal(lines(near, 'x').length, 1000, 'nobody else misses anything');
    writeFileSync(file, '');
    await until(async () => (await sum(server, 'dropped')) > 0, 'some are dropped');
    await until(async () => {
      await ask(publisher, 'pub flood 1 again', 'published to flood');
      return far.text.includes('again 0\n');
    }, 'it gets others when it is back');
    const all = lines(near, 'x');
    const some = lines(far, 'x');
    t.ok(some.length > 0 && some.length < 200, `${some.length} arrive`);
    await comesTo(server, 'dropped', 1000 - some.length, 'the others are counted');
    t.strictSame(
      some,
      all.filter((one) => some.includes(one)),
      'in order',
    );
  });
});

const elsewhere = ({ definition }: Combo) =>
  definition.units.length === 0 ? 'its loop is the one of this test' : undefined;

t.test('more in a turn than may be under way', async (t) => {
  await forEveryMode(t, { needs, unless: elsewhere }, async (t, combo) => {
    const limits = { busLimitBytes: 100_000 };
    const { server } = await topics(t, combo, '', { limits });
    const [[publisher, near], [far]] = [...(await spread(server, combo)).values()];
    for (const client of [near, far]) await ask(client, 'sub flood', 'subscribed to flood');
    await ask(publisher, `pub flood 1000 ${'x'.repeat(1000)}`, 'published to flood');
    const dropped = await until(() => sum(server, 'dropped'), 'some are dropped');
    await until(async () => {
      await ask(publisher, 'pub flood 1 again', 'published to flood');
      return far.text.includes('again 0\n') && near.text.includes('again 0\n');
    }, 'what comes later arrives');
    const all = counted('x'.repeat(1000), 0, 1000);
    t.strictSame(lines(far, 'x'), all.slice(0, 1000 - dropped), 'so many are missing, the last');
    const own = combo.mode === 'dispatched' ? 1000 - dropped : 1000;
    t.equal(lines(near, 'x').length, own, 'not in the loop that published them');
  });
});

t.test('messages that run anywhere', async (t) => {
  const unless = ({ mode }: Combo) =>
    mode === 'dispatched' ? undefined : 'stateless says nothing in it';
  await forEveryMode(t, { needs, unless }, async (t, combo) => {
    const limits = { subscriptions: 10 };
    const { server, log } = await topics(t, combo, 'stateless', { limits });
    const clients = [await connectTo(server), await connectTo(server)];
    const [one, other] = clients;
    for (let i = 0; i < 50; i += 1) {
      for (const client of clients) await ask(client, `sub a${i % 5}`, `subscribed to a${i % 5}`);
      await ask(one, `pub a${i % 5} 1 round${i}`, `published to a${i % 5}`);
      await other.untilText(`round${i} 0\n`);
      for (const client of clients)
        await ask(client, `unsub a${i % 5}`, `unsubscribed from a${i % 5}`);
    }
    t.strictSame(
      lines(one, 'round'),
      [],
      'whichever executor publishes, it is the same connection',
    );
    await comesTo(server, 'subscriptions', 0, 'nothing is left');
    await other.write('many 11\n');
    await before(other.ended, 'past its limit it ends: no executor knows of all its topics');
    t.strictSame(log.lines, []);
    await ask(one, 'many 10', 'subscribed to many');
  });
});

t.test('a worker that dies', async (t) => {
  await forEveryMode(t, { needs, unless: elsewhere }, async (t, combo) => {
    const { server } = await topics(t, combo);
    const places = await spread(server, combo);
    const [[where, [victim, neighbour]], [, [publisher, other]]] = places;
    for (const client of [victim, neighbour, other])
      await ask(client, 'sub news', 'subscribed to news');
    await ask(publisher, 'pub news 1 before', 'published to news');
    for (const client of [victim, neighbour, other]) await client.untilText('before 0\n');
    const pid = Number(where.split(' ')[0]);
    if (pid === process.pid) await victim.write('exit\n');
    else process.kill(pid, 'SIGKILL');
    for (const client of [victim, neighbour]) await before(client.ended, 'its connections end');
    await ask(publisher, 'pub news 1 meanwhile', 'published to news');
    await other.untilText('meanwhile 0\n');
    await until(
      async () => (await server.stats()).workers.every(({ alive }) => alive),
      'it is replaced',
    );
    await comesTo(server, 'subscriptions', 1, 'its subscriptions are gone');
    const again = await spread(server, combo);
    const newcomers = [...again.values()].flat();
    for (const client of newcomers) await ask(client, 'sub news', 'subscribed to news');
    await ask(publisher, 'pub news 5 after', 'published to news');
    for (const client of [other, ...newcomers]) {
      await client.untilText('after 4\n');
      t.strictSame(lines(client, 'after'), counted('after', 0, 5), 'and everything goes on');
    }
  });
});

t.test('stop, with messages under way', async (t) => {
  await forEveryMode(t, { needs }, async (t, combo) => {
    const { server } = await topics(t, combo, 'ticks');
    const pids = await childrenOf(server);
    const clients = [...(await spread(server, combo)).values()].flat();
    for (const client of clients) await ask(client, 'sub ticks', 'subscribed to ticks');
    for (const client of clients) await client.untilText('tick ');
    for (const client of clients) await client.write('pub ticks 1000 x\n');
    await clients[0].untilText('x 0\n');
    const closed = server.close();
    for (const client of clients) {
      await before(client.ended, 'it ends');
      client.end();
      t.match(client.text, /\n$/, 'at a message boundary');
    }
    t.strictSame(await before(closed, 'the server closes'), { forced: false });
    await allGone(pids);
    server.publish('ticks', 'to nobody');
  });
});
