/** Connections that come and go leave nothing behind: no handle, no timer, no listener, no file descriptor. */
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { addressOf } from './support/client.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { contract, type Contract } from './support/contract.ts';
import { until } from './support/wait.ts';

const AT_ONCE = 100;
const WARM_UP = 300;

/** How many connections each mode gets. A thread for each costs more. */
function manyFor({ mode }: Combo): number {
  return mode === 'blocking' ? 2000 : 20_000;
}

const unless = ({ unit, mode }: Combo) =>
  unit === 'thread' && mode !== 'blocking' && mode !== 'dispatched'
    ? 'its threads share the descriptors of this process: see the same mode by process'
    : undefined;

/** Each ends in another way. */
const ways = ['end', 'reset', 'destroy', 'in a message', 'in flight'] as const;

function visit(server: Server, way: (typeof ways)[number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...addressOf(server), noDelay: true });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.once('close', () => resolve());
    socket.once('connect', () => {
      if (way === 'in flight') socket.write('late 1 x\n', () => socket.resetAndDestroy());
      else socket.write(way === 'in a message' ? 'a\nbegun' : 'a\n');
    });
    socket.once('data', () => {
      if (way === 'end') socket.end();
      else if (way === 'destroy') socket.destroy();
      else socket.resetAndDestroy();
    });
  });
}

async function visitAll(served: Contract, times: number): Promise<void> {
  let left = times;
  const visitor = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await visit(served.server, ways[left % ways.length]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
  await served.isEmpty();
}

function descriptors(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}

/** How many of each thing are open: in this process, and descriptors in the server's others too. */
function census(pids: readonly number[]): Map<string, number> {
  const counts = new Map([['descriptors', descriptors(pids)]]);
  for (const name of process.getActiveResourcesInfo())
    counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const name of process.eventNames())
    counts.set(`listeners of ${String(name)}`, process.listenerCount(name));
  return counts;
}

/** What is open now beyond `before`, as `name: before -> now`. Fewer of a thing is a timer that ran out. */
function grown(before: Map<string, number>, now: Map<string, number>): string[] {
  return [...now]
    .filter(([name, count]) => count > (before.get(name) ?? 0))
    .map(([name, count]) => `${name}: ${before.get(name) ?? 0} -> ${count}`);
}

const skip = process.platform === 'linux' ? false : 'there is no /proc to look into';

t.test('leaks', { skip }, async (t) => {
  await forEveryMode(t, { unless, readPaths: ['fast', 'fallback'], jobs: 1 }, async (t, combo) => {
    if (combo.readPath === 'fallback' && combo.mode !== 'single')
      return t.pass('the fallback path is looked at in single');
    const served = await contract(t, combo, 'open=sync');
    const closed = () => served.log.lines.filter((line) => line.startsWith('close ')).length;
    await visitAll(served, WARM_UP);
    await until(() => closed() === WARM_UP, 'every close() is called');
    const { workers } = await served.server.stats();
    const pids = [...new Set([process.pid, ...workers.map(({ pid }) => pid)])];
    const before = census(pids);
    served.log.clear();
    const many = manyFor(combo);
    await visitAll(served, many);
    await until(
      () => grown(before, census(pids)).length === 0,
      () => `no more is open than before: ${grown(before, census(pids)).join(', ')}`,
    );
    t.same(grown(before, census(pids)), [], `${many} connections leave nothing behind`);
    await until(() => closed() >= many, 'every close() is called');
    t.equal(closed(), many, 'once');
  });
});
