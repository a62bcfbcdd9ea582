/** `dispatched` by itself: where messages run, what an executor may have under way, and what its death takes along. */
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { contract } from './support/contract.ts';
import { before } from './support/wait.ts';

const unless = ({ mode }: Combo) =>
  mode === 'dispatched' ? undefined : 'its messages run in the loop that reads them';

function placesOf(text: string): Set<string> {
  return new Set(text.trim().split('\n'));
}

t.test('where the messages of one connection run', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const kept = await contract(t, combo, '');
    t.equal(placesOf(await kept.tell('where\n'.repeat(100))).size, 1, 'in one place');
    const free = await contract(t, combo, 'stateless');
    const places = placesOf(await free.tell('where\n'.repeat(100))).size;
    if (combo.mode === 'dispatched') t.equal(places, 2, 'a stateless handler on every executor');
    else t.equal(places, 1);
    const texts = Array.from({ length: 100 }, (_, i) => `${(i * 7) % 5} reply ${i}\n`);
    t.equal(
      await free.tell(texts.map((text) => `late ${text}`).join('')),
      texts.map((text) => text.slice(2)).join(''),
      'replies leave in order all the same',
    );
  });
});

t.test('an executor', async (t) => {
  await forEveryMode(t, { unless }, async (t, combo) => {
    for (const flags of ['open=sync', 'stateless']) {
      const served = await contract(t, combo, flags, { limits: { executorCredit: 2 } });
      const texts = Array.from({ length: 10 }, (_, i) => served.tell(`late 3 ${i}\n`.repeat(20)));
      t.same(
        await Promise.all(texts),
        Array.from({ length: 10 }, (_, i) => `${i}\n`.repeat(20)),
        `${flags}: has no more under way than its credit, and all are served`,
      );
      const never = await Promise.all(Array.from({ length: 10 }, () => served.ask('never\n')));
      await served.log.has('never', 4);
      for (const client of never) client.reset();
      t.equal(await served.tell('a\n'), 'a\n', 'what nobody waits for any more takes no credit');
    }

    const pushing = await contract(t, combo, 'stateless');
    const client = await connectTo(pushing.server);
    const word = 'w'.repeat(50_000);
    for (let i = 1; i <= 60; i += 1) {
      await client.write(`send ${word}\n`);
      await client.until(i * (50_001 + 4 + 6)); // the word, 'and', and 'ok ok'
    }
    t.equal(
      (await client.finish()).toString(),
      `${word}\nand\nok ok\n`.repeat(60),
      'a stateless handler may send any amount to a peer that reads',
    );
  });
});

t.test('its death', async (t) => {
  await forEveryMode(t, { unless }, async (t, combo) => {
    const served = await contract(t, combo, 'stateless', { workers: 1 });
    const idle = await served.ask('a\n');
    await idle.untilText('a\n');
    const victim = await connectTo(served.server);
    await victim.write('exit\n');
    await before(victim.ended, 'the connection with a message there ends');
    await idle.write('b\n');
    t.equal(
      await idle.untilText('b\n'),
      'a\nb\n',
      'a message that comes meanwhile waits for the next one',
    );
    const { workers } = await served.server.stats();
    t.equal(workers.find(({ id }) => id === 1)?.restarts, 1);
  });
});
