/** Topics where somebody is slow, dies or stops, in every mode that has them: nobody else misses anything. */
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { allGone, childrenOf } from './support/alive.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { ask, comesTo, connectAnd, counted, lines, spread, sum, topics } from './support/topics.ts';
import { before, until } from './support/wait.ts';

const needs = ['pushes'] as const;

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
