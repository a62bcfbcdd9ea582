/** The clock of examples/sse.ts in a browser: EventSource receives, loses its connection, and resumes where it was. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { before, until } from '../modes/support/wait.ts';
import { Browser, findChromium } from '../report/browser.ts';

const chromium = findChromium();
const CUTS = 4;

/** Stands between browser and server, so that connections can be cut from outside. */
async function cutter(t: Test, port: number) {
  const open = new Set<Socket>();
  let requests = '';
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' });
    const both = [client, upstream];
    for (const socket of both) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        for (const one of both) one.destroy();
      });
    }
    client.on('data', (chunk) => (requests += chunk.toString('latin1')));
    client.pipe(upstream).pipe(client);
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const cut = (how: 'destroy' | 'resetAndDestroy') => {
    for (const socket of open) socket[how]();
  };
  t.teardown(() => {
    server.close();
    cut('destroy');
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    cut,
    /** What was asked of the clock, by its Last-Event-ID. */
    resumedFrom: () =>
      requests
        .split('GET /clock ')
        .slice(1)
        .map((fields) => /\r\nlast-event-id: ([^\r]*)\r\n/i.exec(fields)?.[1]),
  };
}

/** Where the kernel spreads the connections, over both codes that write event streams. */
const unless = ({ mode, unit }: Combo) =>
  (mode === 'sharded' || mode === 'native') && unit === 'process'
    ? undefined
    : 'a browser sees no more of it than of its neighbours, which take processes';

t.test('a browser', { skip: chromium === undefined && 'there is no Chromium' }, async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'], unless, jobs: 1 }, clock);
});

async function clock(t: Test, combo: Combo): Promise<void> {
  const handler = new URL('../../examples/sse.ts', import.meta.url);
  const server = await serveWith(t, combo, { handler, data: { tickMs: 20 } });
  const between = await cutter(t, (server.address as { port: number }).port);
  const browser = new Browser(chromium!);
  t.teardown(() => browser.close());
  const page = await browser.open(`${between.url}/`);
  const ticks = () => page.value<string[]>('ticks');
  const more = async (count: number) => {
    const enough = (await ticks()).length + count;
    await until(async () => (await ticks()).length >= enough, `${count} more ticks arrive`);
  };
  await more(10);
  for (let i = 0; i < CUTS; i += 1) {
    between.cut(i % 2 === 0 ? 'resetAndDestroy' : 'destroy');
    await more(10);
  }
  const all = await before(ticks(), 'the page says what it has');
  const numbers = all.map((id) => Number(id.slice(id.lastIndexOf('-') + 1)));
  t.same(
    numbers,
    numbers.map((_, i) => numbers[0] + i),
    'every tick once, in order, over all connections',
  );
  const from = between.resumedFrom();
  t.ok(from.length > CUTS, `${from.length} connections`);
  t.equal(from[0], undefined);
  t.ok(
    from.slice(1).every((id) => id !== undefined && all.includes(id)),
    `each but the first resumes: ${from.join()}`,
  );
  t.match(await page.value('time.textContent'), /^\d{4}-\d\d-\d\dT/);
}
