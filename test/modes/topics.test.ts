/** Topics, in every mode that takes handlers that push: whoever publishes, whoever subscribed hears of it, in order. */
import t from 'tap';
import { connectTo, type Client } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith, type Combo } from './support/combos.ts';
import { scripted, Speaker } from './support/scripts.ts';
import { ask, comesTo, counted, lines, spread, sum, topics } from './support/topics.ts';
import { until } from './support/wait.ts';

const CHURN = 20_000;
/** So many that the kernel hardly gives them all to one shard. */
const SPOKEN_CLIENTS = 8;
const needs = ['pushes'] as const;
const PAST =
  'TopicError: The connection is subscribed to 10 topics, and limits.subscriptions is 10';

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

/** Another loop by thread, another by process, and an executor. */
const shown = ({ mode, unit, definition }: Combo) =>
  mode !== 'shared' && unit === definition.units[0] ? undefined : 'another mode shows it';

t.test('in the words of every protocol', async (t) => {
  await forEveryMode(t, { needs, unless: shown }, async (t, combo) => {
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
      await t.rejects(topics(t, combo), { code: 'PATTERNS_MODE', modes: ['pooled'] });
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
    for (let i = 0; i < 10; i += 1) await ask(other, `sub b${i}`, `subscribed to b${i}`);
    for (let i = 0; i < 10; i += 1) {
      await ask(other, `sub more${i}`, `${PAST}: unsubscribe from one, or raise it.`);
    }
    await ask(other, 'unsub b3', 'unsubscribed from b3');
    await ask(other, 'sub more', 'subscribed to more');
    t.strictSame(log.lines, []);

    await one.write(Array.from({ length: 100 }, (_, i) => `sub at-once${i}\n`).join(''));
    const taken = () => lines(one, 'subscribed to at-once').length;
    const told = () => log.count('error TopicError');
    await until(() => taken() + lines(one, PAST).length === 100, 'each is answered');
    await until(() => taken() - told() === 10, 'whoever was too late for its call hears of it');
    await ask(one, 'pub b0 1 still', 'published to b0');
    await other.untilText('still 0\n');
  });
});
