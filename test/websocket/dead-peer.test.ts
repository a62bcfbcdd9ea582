/** A client that answers no ping is cut, in every mode that has timers. The client is `ws`, and reads nothing. */
import { once } from 'node:events';
import t from 'tap';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { Log } from '../modes/support/log.ts';
import { before } from '../modes/support/wait.ts';
import { Peer, talkUrl } from './peer.ts';

/** All at once: they wait, `native` for 8 s. */
const jobs = 16;

t.test('a dead peer', async (t) => {
  await forEveryMode(t, { http: true, needs: ['pings'], jobs }, async (t, combo) => {
    const log = new Log(t);
    const data = { log: log.path };
    const server = await serveWith(t, combo, { handler: talkUrl('?pings'), data });
    const alive = await Peer.open(server);
    const pinged = before(once(alive.ws, 'ping'), 'a ping');
    const dead = await Peer.open(server);
    dead.ws.pause();
    await log.has('closed idle 1006 ');
    await pinged;
    t.equal(await alive.ask('still there'), 'still there', 'the other one answers its pings');
    t.equal(log.lines.length, 1);
    for (const { ws } of [dead, alive]) ws.terminate();
  });
});
