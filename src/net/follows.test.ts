/** A loop that follows a topic for itself: what it gets, what it is refused, and what happens where its follower throws. */
import t from 'tap';
import { defineHandler, type Connection, type Keep, type StartContext } from '../handler.ts';
import { line } from '../protocols/line.ts';
import { harness, type HarnessOptions } from '../testing.ts';

async function start(more: { pushes?: boolean } = {}, limits: HarnessOptions['limits'] = {}) {
  let context: StartContext | undefined;
  const handler = defineHandler({
    protocol: line(),
    pushes: true,
    start(given) {
      context = given;
    },
    message(text, connection: Connection<string>) {
      connection.publish('news', text);
    },
    ...more,
  });
  const server = await harness(handler, { limits });
  const got: Array<readonly [number, unknown]> = [];
  const epochs: string[] = [];
  const follow = (topic: string, onMessage = (_message: unknown) => {}, keep?: Keep) =>
    context!.follow(
      topic,
      {
        begin: (epoch, after) => void (after === 0 && epochs.push(epoch)),
        message: (message, number) => {
          got.push([number, message]);
          onMessage(message);
        },
      },
      keep,
    );
  return { server, context: context!, follow, got, epochs };
}

t.test('it gets what anybody publishes, in order', async (t) => {
  const { server, context, follow, got, epochs } = await start();
  server.publish('news', 'nobody follows');
  const end = await follow('news', (message) => {
    if (message === 'a') for (const echo of ['b', 'c']) context.publish('news', echo);
    if (message === 'd') throw new Error('no d');
  });
  context.publish('news', 'a');
  t.same(
    got.map(([, message]) => message),
    ['a', 'b', 'c'],
    'what it publishes itself, behind',
  );
  server.publish('news', 'd');
  const client = server.connect();
  client.write('e\n');
  await client.settled();
  server.publish('others', 'f');
  t.same(got, [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
    [4, 'd'],
    [5, 'e'],
  ]);
  t.equal(server.stats().errors, 1, 'a follower that throws is counted, and goes on');
  end();
  end();
  server.publish('news', 'g');
  t.equal(got.length, 5);
  await follow('news');
  server.publish('news', 'h');
  t.same(got.at(-1), [1, 'h']);
  t.equal(new Set(epochs).size, 2, 'a counting of its own, and it says so');
  await server.stop();
});

t.test('what is refused', async (t) => {
  const { server, follow } = await start({}, { subscriptions: 2 });
  await follow('a');
  const end = await follow('b');
  const code = 'PATTERNS_TOPIC';
  t.throws(() => follow('a'), { code, message: /follows "a" already/ });
  t.throws(() => follow('c'), { code, message: /follows 2 topics, and limits.subscriptions is 2/ });
  end();
  await follow('c');
  t.throws(() => follow(''), { code });
  for (const keep of [{ history: -1 }, { historyLimitBytes: 0.5 }, { history: 'all' as never }]) {
    t.throws(() => follow('d', undefined, keep), { code, message: /must be a whole number/ });
  }
  await server.stop();
  const mute = await start({ pushes: false });
  t.throws(() => mute.follow('a'), { code: 'PATTERNS_PUSH' });
  await mute.server.stop();
});
