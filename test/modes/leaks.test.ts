/** 20,000 connections opened and closed leave nothing behind: no handle, listener, timer or descriptor. */
import { readdirSync } from 'node:fs';
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith, type Combo } from './support/combos.ts';
import { until } from './support/wait.ts';

t.setTimeout(600_000);

const CONNECTIONS = 20_000;
const AT_ONCE = 50;
/** Spread over the modes: what leaks in one loop leaks alike in the others', which share all but the hand-over. */
const FEWER = 2_000;

interface Left {
  readonly resources: Record<string, number>;
  readonly listeners: Record<string, number>;
  readonly descriptors: Record<number, number>;
}

/** What this process and its workers hold. */
async function left(server: Server): Promise<Left> {
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const listeners: Record<string, number> = {};
  for (const name of process.eventNames()) listeners[String(name)] = process.listenerCount(name);
  const descriptors: Record<number, number> = {};
  for (const { pid } of (await server.stats()).workers)
    descriptors[pid] = readdirSync(`/proc/${pid}/fd`).length;
  return { resources, listeners, descriptors };
}

/** What there is more of than before, as sentences. */
function more(before: Left, after: Left): string[] {
  const grown: string[] = [];
  for (const kind of ['resources', 'listeners', 'descriptors'] as const) {
    const was = before[kind] as Record<string, number>;
    for (const [name, count] of Object.entries(after[kind] as Record<string, number>))
      if (count > (was[name] ?? 0)) grown.push(`${kind} ${name}: ${was[name] ?? 0} → ${count}`);
  }
  return grown;
}

/** A message there and back, then the end in one of the ways that there are. */
async function visit(server: Server, i: number): Promise<void> {
  const client = await connectTo(server);
  await client.write('hello\n');
  await client.untilText('\n');
  if (i % 3 === 0) client.reset();
  else await client.finish();
  client.socket.destroy();
}

async function visitAll(server: Server, count: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        next += 1;
        await visit(server, next);
      }
    }),
  );
  await until(async () => {
    const { workers } = await server.stats();
    return workers.every(({ open }) => open === 0);
  }, 'every connection is gone');
}

const unless = () => (process.platform === 'linux' ? undefined : 'it counts in /proc');

await forEveryMode(
  t,
  { unless, readPaths: ['fast', 'fallback'], jobs: 1 },
  async (t, combo: Combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('faults') });
    await visitAll(server, AT_ONCE * 2); // threads started, code compiled, pools filled
    await until(
      () => !process.getActiveResourcesInfo().includes('TCPSocketWrap'),
      'the clients’ own handles are gone',
    );
    const before = await left(server);
    await visitAll(server, combo.mode === 'single' ? CONNECTIONS : FEWER);
    // A descriptor closes, and a client's own handle goes, a turn after its end was seen.
    let grown: string[] = [];
    await until(async () => {
      grown = more(before, await left(server));
      return grown.length === 0;
    }, 'nothing is left').catch(() => {});
    t.same(grown, []);
  },
);
