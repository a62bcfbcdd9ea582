/** Every limit, in every mode: what is held for a peer is bounded, and a peer that passes a limit harms nobody else. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { connectTo, type Client } from './support/client.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { contract } from './support/contract.ts';
import { before, until } from './support/wait.ts';

/** More than the kernel keeps on both ways. */
const FLOOD_BYTES = 48 * 1024 * 1024;
const LARGE_BYTES = 500_000;
const LINE = `${'l'.repeat(16 * 1024 - 1)}\n`;

/** Gives a figure when it does not change any more. */
async function settled(figure: () => Promise<number>, what: string): Promise<number> {
  let last = -1;
  return until(async () => {
    const now = await figure();
    const same = now === last && now > 0;
    last = now;
    if (!same) await sleep(300);
    return same && now;
  }, what);
}

t.test('a client that never reads is not read from, and nobody else waits', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const served = await contract(t, combo, '');
    const client = await connectTo(served.server);
    client.socket.pause();
    const lines = FLOOD_BYTES / LINE.length;
    for (let i = 0; i < lines; i += 1) client.socket.write(LINE);
    client.socket.end();
    const read = await settled(() => served.sum('bytesIn'), 'the server stops reading');
    t.ok(read < FLOOD_BYTES, `${read >> 20} of ${FLOOD_BYTES >> 20} MiB are read`);
    t.equal(await served.tell('a\n'), 'a\n', 'others are served meanwhile');
    t.equal(await served.sum('open'), 1, 'it is held');
    let got = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    client.socket.resume();
    await before(once(client.socket, 'end'), 'everything arrives');
    t.equal(got, FLOOD_BYTES, 'and gets everything when it reads');
    await served.isEmpty();
  });
});

t.test('short messages with long replies, unread', async (t) => {
  const unless = ({ mode }: Combo) =>
    mode === 'blocking' ? 'a thread that is stuck in a write tells no figures' : undefined;
  await forEveryMode(t, { unless }, async (t, combo) => {
    const served = await contract(t, combo, '');
    const asked = 100;
    const client = await connectTo(served.server);
    client.socket.pause();
    await client.write(`large ${LARGE_BYTES}\n`.repeat(asked));
    const ran = await settled(() => served.sum('messages'), 'the server takes no more');
    t.ok(ran < 0.7 * asked, `${ran} of ${asked} were run: what the kernel takes, and a few`);
    t.equal(await served.tell('a\n'), 'a\n', 'others are served meanwhile');
    client.socket.resume();
    const all = await client.finish();
    t.equal(all.length, asked * (LARGE_BYTES + 1), 'and it gets everything when it reads');
    await served.isEmpty();
  });
});

t.test('messages', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const served = await contract(t, combo, '', {
      limits: { inFlight: 4, messageLimitBytes: 100, connections: 2 },
    });
    const { log } = served;
    const most = 'm'.repeat(99);
    t.equal(await served.tell(`${most}\n`), `${most}\n`, 'as long as the limit');
    t.equal(await served.hear(`a\n${most}m\nb\n`), 'a\n', 'one byte more ends the connection');
    await log.has('close protocol');
    t.equal(await served.hear('x'.repeat(5000)), '', 'also without an end');
    await log.has('close protocol', 2);

    const replies = await served.tell('overlap 10\n'.repeat(20));
    t.match(replies, /^(most [1-4]\n){20}$/, 'no more in flight than the limit');
    t.match(replies, /most 4/, 'and as many');

    const clients: Client[] = [];
    for (let i = 0; i < 20; i += 1) clients.push(await connectTo(served.server));
    for (const client of clients) client.socket.write('a\n');
    const answered = await until(async () => {
      const [open, refused] = [await served.sum('open'), await served.sum('refused')];
      return open + refused === 20 && { open, refused };
    }, 'every connection is taken or refused');
    const { workers } = await served.server.stats();
    for (const worker of workers.filter(({ accepted }) => accepted > 0))
      t.ok(worker.open <= 2, `a worker has ${worker.open} connections`);
    let served_ = 0;
    for (const client of clients) {
      const text = await Promise.race([client.untilText('a\n').catch(() => ''), client.ended]);
      if (text === 'a\n') served_ += 1;
    }
    t.equal(served_, answered.open, 'those who are in are served, and the others closed');
    for (const client of clients) client.socket.destroy();
    await served.isEmpty();
    t.equal(await served.tell('a\n'), 'a\n', 'when they have gone there is room again');
  });
});

t.test('concurrency: 1 is one after the other', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const served = await contract(t, combo, 'concurrency=1');
    t.equal(await served.tell('overlap 3\n'.repeat(10)), 'most 1\n'.repeat(10));
  });
});

t.test('an idle connection is closed', async (t) => {
  await forEveryMode(t, { needs: ['idle-timeout'] }, async (t, combo) => {
    const served = await contract(t, combo, 'open=sync', { limits: { idleTimeoutMs: 200 } });
    const idle = await served.ask('a\n');
    const begun = await served.ask('a\nnot the whole of a mess');
    const busy = await served.ask('late 1000 at last\n');
    t.equal(await before(idle.ended, 'it is closed'), 'end');
    t.equal(await before(begun.ended, 'it is closed'), 'end');
    t.equal(await busy.untilText('at last\n'), 'at last\n', 'not while a message is in flight');
    t.equal(await before(busy.ended, 'it is closed'), 'end', 'then it is');
    for (const client of [idle, begun, busy]) client.end();
    await served.log.has('close idle', 3);
  });
});
