/** Workers that die, in every mode that has some: they are replaced, and take nobody with them. */
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { connectTo, type Client } from './support/client.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { contract, type Contract } from './support/contract.ts';
import { before, until } from './support/wait.ts';

const MOST_CLIENTS = 60;
const unless = ({ definition }: Combo) =>
  definition.units.length === 0 ? 'its loop is the one of this test' : undefined;

/** Clients by where their messages run: at least two places, if the mode spreads them at all. */
async function spread(served: Contract): Promise<Map<string, Client[]>> {
  const places = new Map<string, Client[]>();
  for (let i = 0; i < MOST_CLIENTS && (places.size < 2 || i < 8); i += 1) {
    const client = await served.ask('where\n');
    const where = (await client.untilText('\n')).trim();
    places.set(where, [...(places.get(where) ?? []), client]);
  }
  return places;
}

/** The row of the worker that a place belongs to; none for a thread within a worker (blocking). */
async function rowOf(server: Server, where: string) {
  const { workers } = await server.stats();
  return workers.find(({ pid, threadId }) => where === `${pid} ${threadId ?? 0}`);
}

async function answers(client: Client): Promise<boolean> {
  const had = client.text.length;
  await client.write('still here\n');
  await client.until(had + 11);
  return client.text.endsWith('still here\n');
}

/** Ends one of the places by `deed`, and looks at everybody else. */
async function bereave(
  t: Parameters<typeof contract>[0],
  served: Contract,
  deed: (victim: Client, where: string) => Promise<unknown>,
): Promise<void> {
  const places = await spread(served);
  const [[where, victims], ...others] = places;
  const row = await rowOf(served.server, where);
  const [deedClient, ...neighbours] = victims;
  await deed(deedClient, where);
  await before(deedClient.ended, 'the connection with a message in flight ends');
  if (row !== undefined) {
    for (const neighbour of neighbours)
      await before(neighbour.ended, 'those whose state was there end');
  }
  for (const [, clients] of others)
    for (const client of clients) t.ok(await answers(client), 'another place serves on');
  if (row !== undefined) {
    const successor = await until(async () => {
      const { workers } = await served.server.stats();
      return workers.find(
        ({ id, alive, restarts }) => id === row.id && alive && restarts > row.restarts,
      );
    }, 'it is replaced');
    t.equal(successor.restarts, row.restarts + 1, 'once');
  }
  t.equal(await served.tell('a\n'), 'a\n', 'and new connections are served');
  for (const clients of places.values()) for (const client of clients) client.socket.destroy();
}

const deeds: Record<string, string> = {
  'it exits': 'exit\n',
  'it throws where nobody catches': 'crash\n',
  'it runs out of memory': 'memory\n',
};

t.test('a worker that dies is replaced', async (t) => {
  await forEveryMode(t, { unless }, async (t, combo) => {
    const byProcess = combo.unit === 'process';
    const served = await contract(t, combo, 'open=sync', {
      limits: byProcess ? {} : { workerHeapMiB: 24 },
      ...(combo.definition.defaultWorkers === undefined ? {} : { workers: 10 }), // a client each
      ...(combo.definition.capabilities.includes('balance') ? { balance: 'round-robin' } : {}),
    });
    for (const [name, text] of Object.entries(deeds)) {
      // A process that runs out of memory prints pages about it.
      if (byProcess && text === 'memory\n') continue;
      t.comment(name);
      await bereave(t, served, (client) => client.write(text));
    }
    const pids = (await served.server.stats()).workers.map(({ pid }) => pid);
    if (pids.includes(process.pid)) return;
    t.comment('somebody kills it');
    const places = await spread(served);
    const [pid] = [...places.keys()][0].split(' ');
    const pidOf = (where: string) => where.split(' ')[0];
    process.kill(Number(pid), 'SIGKILL');
    for (const [where, clients] of places)
      for (const client of clients)
        if (pidOf(where) === pid) await before(client.ended, 'its connections end');
        else t.ok(await answers(client), 'another process serves on');
    await until(async () => {
      const { workers } = await served.server.stats();
      return workers.every((worker) => worker.alive && worker.pid !== Number(pid));
    }, 'it is replaced');
    t.equal(await served.tell('a\n'), 'a\n', 'and new connections are served');
  });
});

t.test('one that cannot start ends the server', async (t) => {
  await forEveryMode(t, { unless }, async (t, combo) => {
    await t.rejects(
      contract(t, combo, 'exit-at-start'),
      { code: 'PATTERNS_CRASH_LOOP', message: /died 5 times in a row .* code:? 9/ },
      'at the first start serve() rejects',
    );
    const served = await contract(t, combo, '');
    await served.tell('doom\n');
    const { workers } = await served.server.stats();
    const victim =
      workers.find(({ accepted, pid }) => accepted > 0 || pid !== process.pid) ?? workers[0];
    if (victim.pid === process.pid)
      await connectTo(served.server).then((one) => one.write('exit\n'));
    else process.kill(victim.pid, 'SIGKILL');
    await t.rejects(
      before(served.server.closed, 'the server gives up'),
      { code: 'PATTERNS_CRASH_LOOP' },
      'later server.closed does',
    );
    await t.rejects(served.server.close(), { code: 'PATTERNS_CRASH_LOOP' });
  });
});
