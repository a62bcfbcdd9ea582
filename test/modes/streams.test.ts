/** Replies that stream: under back-pressure, in their turn, and told when nobody wants them any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith } from './support/combos.ts';
import { Log } from './support/log.ts';
import { until } from './support/wait.ts';

/** More than kernels keep for a peer that does not read: 32 MiB. */
const CHUNKS = 512;
const CHUNK_BYTES = 64 * 1024;

function streamed(count: number, bytes: number): string {
  let all = '';
  for (let i = 0; i < count; i += 1)
    all += `${String(i).padStart(6, '0')}${'.'.repeat(Math.max(0, bytes - 7))}\n`;
  return all;
}

/** How far the source had got when it went no further. */
async function stalledAt(log: Log): Promise<number> {
  let before = -1;
  return until(async () => {
    const now = log.lines.filter((line) => line.startsWith('pulled')).length;
    const stalled = now > 0 && now === before;
    before = now;
    if (!stalled) await sleep(300);
    return stalled && now;
  }, 'the source waits');
}

t.test('streams', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, {
      handler: handlerUrl('tiny'),
      data: { log: log.path },
    });
    const ask = async (text: string) => {
      const client = await connectTo(server);
      await client.write(text);
      return client;
    };

    const turns = await ask('a\nlate 20 b\nstream 5 10\nstream 3 20\nc\n');
    t.equal(
      (await turns.finish()).toString(),
      `a\nb\nstreams\n${streamed(5, 10)}streams\n${streamed(3, 20)}c\n`,
      'one after the other, in the order of their messages',
    );

    const last = await ask('stream-close 5 10\nnever\n');
    t.equal((await last.finish()).toString(), `streams\n${streamed(5, 10)}`, 'one that ends it');

    const none = await ask('stream 0 10\na\n');
    t.equal((await none.finish()).toString(), 'streams\na\n', 'one without a chunk');

    log.clear();
    const broken = await ask('stream-throw 3\nnever\n');
    t.equal(await broken.ended, 'end', 'a source that throws half-way ends the connection');
    t.equal(broken.text, `streams\n${streamed(3, 10)}`, 'behind what it gave');
    broken.end();
    await log.has('source over after 3');
    await log.has('close error');

    log.clear();
    const slow = await connectTo(server);
    slow.socket.pause();
    await slow.write(`stream ${CHUNKS} ${CHUNK_BYTES}\nafter\n`);
    const at = await stalledAt(log);
    t.ok(at < CHUNKS, `a peer that does not read stops the source: at ${at} of ${CHUNKS}`);
    const other = await ask('hello\n');
    t.equal((await other.finish()).toString(), 'hello\n', 'and nobody else');
    slow.socket.resume();
    const all = await slow.finish();
    t.equal(all.length, 8 + CHUNKS * CHUNK_BYTES + 6, 'it gets everything when it reads');
    t.ok(all.equals(Buffer.from(`streams\n${streamed(CHUNKS, CHUNK_BYTES)}after\n`)), 'unharmed');

    log.clear();
    const gone = await connectTo(server);
    gone.socket.pause();
    await gone.write(`stream ${CHUNKS} ${CHUNK_BYTES}\n`);
    await stalledAt(log);
    gone.reset();
    await until(() => log.lines.some((line) => line.startsWith('source over')), 'the source ends');
    await log.has('close reset');
    t.notOk(log.lines.includes(`source over after ${CHUNKS}`), 'a peer that goes ends it early');
  });
});

t.test('a source that gives nothing is told when the client goes', async (t) => {
  const unless = ({ mode }: { mode: string }) =>
    mode === 'blocking' ? 'blocking sees a client go when it reads or writes' : undefined;
  await forEveryMode(t, { unless }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, {
      handler: handlerUrl('tiny'),
      data: { log: log.path },
    });
    const client = await connectTo(server);
    await client.write('endless\n');
    await client.untilText('endless\nfirst\n');
    client.reset();
    await log.has('returned');
    await log.has('close reset');
  });
});
