/** Streams whose source never waits: the others are served beside them, and they end when their client has gone. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { addressOf, connectTo } from '../modes/support/client.ts';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { Log } from '../modes/support/log.ts';
import { before, until } from '../modes/support/wait.ts';

const ROUNDS = 7;
const READERS = 4;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Reads as fast as it can, then resets: whenever that is, among the server's writes. */
async function readSome(server: Server, forMs: number): Promise<void> {
  const socket = connect({ ...addressOf(server), noDelay: true });
  socket.on('error', () => {});
  socket.once('data', () => setTimeout(() => socket.resetAndDestroy(), forMs));
  socket.write(get('/endless'));
  await before(once(socket.resume(), 'close'), 'the endless body came');
}

async function isServed(server: Server): Promise<void> {
  const client = await connectTo(server);
  await client.write(get('/'));
  const answer = (await before(client.finish(), 'another client is served')).toString();
  if (!answer.endsWith('hello')) throw new Error(`The answer was ${answer}`);
}

t.test('endless', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'], jobs: 1 }, async (t, combo) => {
    const log = new Log(t);
    const handler = new URL('./handlers/endless.ts', import.meta.url);
    const server = await serveWith(t, combo, { handler, data: { log: log.path } });
    for (let round = 0; round < ROUNDS; round += 1) {
      const readers = Array.from({ length: READERS }, (_, i) => readSome(server, i * 7 + round));
      await Promise.all([...readers, isServed(server)]);
    }
    await until(
      () => log.count('ended') === ROUNDS * READERS,
      () =>
        `each source is told that its client has gone: ${log.count('ended')} of ${ROUNDS * READERS}`,
    );
    t.equal(log.count('begun'), ROUNDS * READERS);
    await isServed(server);
  });
});
