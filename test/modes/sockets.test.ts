/** Socket handlers, in every mode that takes them: the same transcript as with a plain net.Server. */
import net from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { onSocket } from './handlers/socket.ts';
import { refusal } from './support/alive.ts';
import { connectTo, type Client } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith } from './support/combos.ts';
import { Log } from './support/log.ts';
import { Random } from './support/random.ts';
import { before, until } from './support/wait.ts';

type Target = Server | net.NetConnectOpts;

/** What a client sees of a server. */
async function transcript(target: Target): Promise<string[]> {
  const seen: string[] = [];
  const keep = async (client: Client) => {
    const how = await before(client.ended, 'the server ends the connection');
    seen.push(`${client.received.toString('latin1')} ${how}`);
    client.socket.destroy();
  };
  const bytes = Buffer.from('abcdefghij'.repeat(2000));
  for (const kind of ['p', 'd', 'i']) {
    const client = await connectTo(target);
    await client.writeInPieces(new Random().cut(Buffer.concat([Buffer.from(kind), bytes]), 20));
    client.end();
    await keep(client);
  }
  for (const text of ['e', 'x', '']) {
    const client = await connectTo(target);
    await client.write(text);
    if (text === '') client.end();
    await keep(client);
  }
  const reset = await connectTo(target);
  await reset.write('pabc');
  await reset.untilText('abc');
  reset.reset();
  return seen;
}

t.test('socket handlers', async (t) => {
  const plain = net
    .createServer((socket) => {
      socket.on('error', () => {}); // a reset; behind a mode it needs none
      onSocket(socket);
    })
    .listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const { port } = plain.address() as net.AddressInfo;
  const expected = await transcript({ host: '127.0.0.1', port });
  plain.close();

  await forEveryMode(
    t,
    { needs: ['socket-handler'], readPaths: ['fast', 'fallback'] },
    async (t, combo) => {
      const log = new Log(t);
      const server = await serveWith(t, combo, {
        handler: handlerUrl('socket'),
        data: { log: log.path },
      });
      t.strictSame(await transcript(server), expected, 'as with a plain net.Server');
      const stats = await until(async () => {
        const { workers } = await server.stats();
        return workers.every(({ open }) => open === 0) && workers;
      }, 'every connection is closed');
      const sum = (figure: 'accepted' | 'bytesIn' | 'bytesOut') =>
        stats.reduce((all, worker) => all + worker[figure], 0);
      t.equal(sum('accepted'), 7);
      t.equal(sum('bytesIn'), 3 * 20_001 + 2 + 4);
      t.ok(sum('bytesOut') >= 3 * 20_000);
      t.notOk(log.lines.includes('no address'), 'a socket knows its peer');

      const idle = await connectTo(server);
      await idle.write('pabc');
      await idle.untilText('abc');
      const closed = server.close();
      await idle.untilText('drained');
      idle.end();
      t.strictSame(await before(closed, 'it closes'), { forced: false });
      t.equal(await refusal(server), 'ECONNREFUSED');
      t.ok(log.count('drain') > 0 && log.count('drain') === log.count('stop'), 'drain, then stop');
    },
  );
});

t.test('one that throws', async (t) => {
  const server = await serveWith(
    t,
    {
      mode: 'single',
      unit: undefined,
      readPath: 'fast',
      definition: { capabilities: [] } as never,
    },
    {
      handler: {
        socket(socket) {
          if (socket.remotePort! % 2 >= 0) throw new Error('no');
        },
      },
    },
  );
  const client = await connectTo(server);
  await before(client.ended, 'its connection ends');
  const { workers } = await server.stats();
  t.equal(workers[0].errors, 1, 'it is counted');
});
