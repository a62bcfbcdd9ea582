/** A stop loses nothing that was received, leaves nothing behind, and ends in time. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith } from './support/combos.ts';
import { until } from './support/wait.ts';
import type { Server } from '../../src/serve.ts';

t.setTimeout(240_000);

function refused({ address }: Server): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect('path' in address ? { path: address.path } : address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

t.test('what was received is answered, then every connection ends', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('faults') });
    const busy = await connectTo(server);
    const idle = await connectTo(server);
    await idle.write('hello\n');
    await idle.untilText('hello 1\n');
    await busy.write('hello\n');
    await busy.untilText('hello 1\n');
    await busy.write('late 300\nlate 1\n');
    await until(async () => {
      const { workers } = await server.stats();
      const messages = workers.reduce((sum, worker) => sum + worker.messages, 0);
      return messages >= 4 || combo.mode === 'blocking'; // a thread counts when it has done
    }, 'the messages have started');
    const pids = (await server.stats()).workers.map(({ pid }) => pid);
    const closing = server.close();
    t.equal(server.close(), closing, 'a second close is the same');
    idle.socket.on('end', () => idle.end());
    busy.socket.on('end', () => busy.end());
    await busy.ended;
    t.equal(busy.text, 'hello 1\nlate 2\nlate 3\n');
    t.equal(await idle.ended, 'end');
    t.same(await closing, { forced: false });
    t.ok(await refused(server), 'nothing listens any more');
    await until(() => pids.every((pid) => pid === process.pid || isGone(pid)), 'children are gone');
  });
});

t.test('past the deadline it forces', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('faults') });
    const client = await connectTo(server);
    await client.write('hello\n');
    await client.untilText('hello 1\n');
    await client.write('late 60000\n');
    const pids = (await server.stats()).workers.map(({ pid }) => pid);
    t.same(await server.close({ drainTimeoutMs: 50 }), { forced: true });
    await client.ended;
    await until(() => pids.every((pid) => pid === process.pid || isGone(pid)), 'children are gone');
    t.ok(await refused(server));
  });
});

t.test('a worker that is busy for ever is forced too', async (t) => {
  const unless = ({ mode }: { mode: string }) =>
    mode === 'single' ? 'its loop is the caller’s own' : undefined;
  await forEveryMode(t, { unless }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('faults') });
    const client = await connectTo(server);
    const mark = join(t.testdir(), 'mark');
    await client.write(`spin ${mark}\n`);
    await until(() => existsSync(mark), 'it spins');
    t.same(await server.close({ drainTimeoutMs: 200 }), { forced: true });
    await client.ended;
    t.pass('the connection is gone');
  });
});
