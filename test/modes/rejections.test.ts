/** Hooks whose promises reject, though nobody waits for them: an error each, and never the end of a worker. */
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { Peer } from '../websocket/peer.ts';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, serveWith } from './support/combos.ts';
import { Log } from './support/log.ts';
import { until } from './support/wait.ts';

async function counted(server: Server, errors: number): Promise<void> {
  let seen = '';
  await until(
    async () => {
      const { workers } = await server.stats();
      const sum = (name: 'errors' | 'restarts') => workers.reduce((all, one) => all + one[name], 0);
      seen = `${sum('errors')} errors, ${sum('restarts')} restarts`;
      return seen === `${errors} errors, 0 restarts`;
    },
    () => `${errors} errors are counted, and no worker died: ${seen}`,
  );
}

t.test('close and error', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const log = new Log(t);
    const handler = handlerUrl('rejects');
    const server = await serveWith(t, combo, { handler, data: { log: log.path } });
    const failing = await connectTo(server);
    await failing.write('fail\n');
    await failing.ended;
    failing.socket.destroy(); // or the server lingers for it
    await log.has('message rejects');
    await log.has('close rejects');
    const other = await connectTo(server);
    await other.write('hello\n');
    await other.untilText('hello\n');
    await counted(server, 4); // either, and what the error hook said of it
    other.socket.destroy();
    t.same(await server.close(), { forced: false });
  });
});

t.test('who follows a topic', async (t) => {
  await forEveryMode(t, { needs: ['pushes'] }, async (t, combo) => {
    const log = new Log(t);
    const handler = handlerUrl('rejects', '?pushes');
    const server = await serveWith(t, combo, { handler, data: { log: log.path } });
    const client = await connectTo(server);
    await client.write('follow\n');
    await client.untilText('following\n');
    await counted(server, 2);
    t.pass('what begin and message reject with is counted');
  });
});

t.test('the close of a WebSocket', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('rejects', '?websockets') });
    const peer = await Peer.open(server);
    t.equal(await peer.ask('hello'), 'hello');
    peer.ws.close();
    await counted(server, 1);
    t.equal(await (await Peer.open(server)).ask('others'), 'others', 'are served');
  });
});

t.test('socket handlers', async (t) => {
  await forEveryMode(t, { needs: ['socket-handler'] }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('rejects', '?sockets') });
    const failing = await connectTo(server);
    await failing.write('f');
    await failing.ended;
    failing.socket.destroy(); // or the server lingers for it
    const other = await connectTo(server);
    await other.write('s');
    await other.untilText('served\n');
    other.socket.destroy();
    await counted(server, 1);
    t.same(await server.close(), { forced: false });
  });
});
