/** Workers that die are replaced; whoever was not served by them notices nothing. */
import t from 'tap';
import { serve, type Server } from '../../src/serve.ts';
import type { Client } from './support/client.ts';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith, type Combo } from './support/combos.ts';
import { until } from './support/wait.ts';

t.setTimeout(240_000);

/** `single` has no worker: what kills it kills the caller's process. */
const noWorkers = ({ mode }: Combo) =>
  mode === 'single' ? 'its loop is the process itself' : undefined;

/** Two clients that are served by different workers (in `blocking`, threads of one process). */
async function pair(
  server: Server,
  t: { teardown(fn: () => void): void },
): Promise<[Client, Client]> {
  const first = await connectTo(server);
  t.teardown(() => first.socket.destroy());
  await first.write('who\n');
  const who = await first.untilText('\n');
  return until(async () => {
    const other = await connectTo(server);
    t.teardown(() => other.socket.destroy());
    await other.write('who\n');
    return (await other.untilText('\n')) === who ? undefined : [first, other];
  }, 'another worker takes a connection');
}

const deaths = { exit: 'exit', 'an uncaught exception': 'uncaught', 'no heap left': 'heap' };

for (const [what, verb] of Object.entries(deaths)) {
  t.test(`a worker dies: ${what}`, async (t) => {
    await forEveryMode(t, { unless: noWorkers }, async (t, combo) => {
      const server = await serveWith(t, combo, {
        handler: handlerUrl('faults'),
        limits: { workerHeapMiB: 32 },
      });
      const [victim, other] = await pair(server, t);
      await victim.write(`${verb}\n`);
      await victim.ended;
      await other.write('hello\n');
      t.match(await other.untilText('hello'), /hello 2\n/, 'the other connection is served on');
      await until(async () => {
        const { workers } = await server.stats();
        return (
          workers.every(({ alive }) => alive) && workers.some(({ restarts }) => restarts === 1)
        );
      }, 'the dead worker is replaced');
      const fresh = await connectTo(server);
      await fresh.write('again\n');
      t.equal(await fresh.untilText('\n'), 'again 1\n', 'a new connection is served');
      fresh.socket.destroy();
    });
  });
}

t.test('a worker process is killed from outside', async (t) => {
  const unless = ({ mode, unit }: Combo) =>
    unit === 'process' || mode === 'blocking' ? undefined : 'it has no processes';
  await forEveryMode(t, { unless }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('faults') });
    const before = await server.stats();
    process.kill(before.workers[0].pid, 'SIGKILL');
    await until(async () => {
      const [first] = (await server.stats()).workers;
      return first.alive && first.pid !== before.workers[0].pid && first.restarts === 1;
    }, 'it is replaced');
    const client = await connectTo(server);
    await client.write('hello\n');
    t.equal(await client.untilText('\n'), 'hello 1\n');
    client.socket.destroy();
  });
});

t.test('a worker that dies again and again at start ends the server', async (t) => {
  await forEveryMode(t, { unless: noWorkers }, async (t, combo) => {
    const { mode, unit, readPath } = combo;
    await t.rejects(
      serve({ mode, unit, readPath, handler: handlerUrl('dies-at-start'), workers: 2 }),
      { code: /^PATTERNS_(CRASH_LOOP|HANDLER)$/ },
    );
  });
});
