/** 2,000 WebSockets that come and go in mode `native` leave nothing, whoever ends them, and whenever. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { Client } from '../http/exchange.ts';
import { before, until } from '../modes/support/wait.ts';
import { handshake } from '../websocket/cases.ts';
import { close, text } from '../websocket/support.ts';
import { host, skip, type Host } from './support.ts';

const HANDLER = new URL('../websocket/handlers/talk.ts', import.meta.url);
const COUNT = 2000;
const AT_ONCE = 20;
/** 1 KiB for each: a socket with its hooks, request and signal that stayed would be more. */
const HEAP_BYTES = COUNT * 1024;
/** 8 KiB for each: what the allocator does with pages is not the server's. */
const RESIDENT_BYTES = COUNT * 8192;

/** Answered at once or late, and ended by either side, in order or not; one of them before it is answered. */
const LIVES: ReadonlyArray<(server: Host) => Promise<void>> = [
  (server) => live(server, '/', [text('a'), close(1000)]),
  (server) => live(server, '/late', [text('a'), close(1000)]),
  (server) => live(server, '/late', [text('close 4001 bye')]),
  (server) => live(server, '/', [text('throw')]),
  (server) => live(server, '/', [text('reject 1')]),
  (server) => live(server, '/late', [text('late 5 a')], true),
  (server) => live(server, '/broken', []),
  async (server) => {
    const client = new Client(server.port);
    await new Promise<void>((resolve) => {
      client.socket.write(handshake('/late'), () => resolve());
    });
    client.socket.resetAndDestroy();
  },
];

async function live(server: Host, path: string, says: Buffer[], resets = false): Promise<void> {
  const client = new Client(server.port).send(handshake(path));
  await before(
    client.until((all) => all.includes('\r\n\r\n')),
    'the handshake is answered',
  );
  client.send(Buffer.concat(says));
  if (resets) client.socket.resetAndDestroy();
  else await before(client.rest(), `the server ends ${path}`);
  client.destroy();
}

async function many(server: Host): Promise<void> {
  for (let i = 0; i < COUNT; i += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, j) => LIVES[(i + j) % LIVES.length](server));
    await Promise.all(some);
  }
  await until(async () => (await server.sum('open')) === 0, 'nobody is left');
}

t.test('leaks', { skip }, async (t) => {
  const server = await host(t, { handler: HANDLER, workers: 1 });
  const one = new Client(server.port).send(handshake());
  await before(
    one.until((all) => all.includes('\r\n\r\n')),
    'it is open',
  );
  t.equal((await server.kept()).sockets, 1, 'one that is open is counted');
  one.destroy();
  await many(server); // what is compiled, cached and grown once
  const first = await server.kept();
  await many(server);
  t.equal(await server.sum('open'), 0);
  const last = await until(async () => {
    const kept = await server.kept();
    return kept.sockets + kept.exchanges === 0 && kept;
  }, 'every socket and exchange is collected');
  t.ok(
    last.heapBytes - first.heapBytes < HEAP_BYTES,
    `heap: ${first.heapBytes} to ${last.heapBytes}`,
  );
  const grown = last.residentBytes - first.residentBytes;
  t.ok(grown < RESIDENT_BYTES, `resident: ${grown} bytes more`);
  t.strictSame(await server.close(), { forced: false });
});
