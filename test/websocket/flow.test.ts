/** Topics over WebSockets, and clients that do not read, in every mode. The client is `ws`. */
import t from 'tap';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { Log } from '../modes/support/log.ts';
import { until } from '../modes/support/wait.ts';
import { Peer, talkUrl } from './peer.ts';

const LISTENERS = 6;
const PIECE = 'x'.repeat(65_536);
/** With the limit behind it: more than the kernel takes for both sides. */
const FLOOD_PIECES = 400;
const SEND_LIMIT_BYTES = 1024 * 1024;
const AT_ONCE = 8;
const CUT = 'closed send-limit 1006 ';

/** So that there are some in each worker. */
const spread = ({ definition }: Combo) =>
  definition.capabilities.includes('balance') ? { balance: 'round-robin' as const } : {};

t.test('topics', async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'] }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: talkUrl('?pushes'), ...spread(combo) });
    const peers: Peer[] = [];
    for (let i = 0; i < LISTENERS; i += 1) {
      const peer = await Peer.open(server, { perMessageDeflate: i % 2 === 0 });
      t.equal(await peer.ask('join news'), 'joined news');
      peers.push(peer);
    }
    const messages = ['', 'a', 'é'.repeat(100), PIECE, Buffer.from([0, 255]), Buffer.alloc(70_000)];
    for (const message of messages) server.publish('news', message);
    for (const peer of peers) {
      const heard: Array<string | Buffer> = [];
      while (heard.length < messages.length) heard.push(await peer.next());
      t.ok(
        heard.every((one, i) => Buffer.from(one as string).equals(Buffer.from(messages[i]))),
        'each, in order',
      );
      t.same(
        heard.map((one) => typeof one),
        messages.map((one) => typeof one),
        'text as text, bytes as bytes',
      );
    }
    for (const { ws } of peers.slice(1)) ws.close();
    const subscribed = async () =>
      (await server.stats()).workers.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
    await until(async () => (await subscribed()) === 1, 'who ends leaves its topics');
    server.publish('news', 5);
    server.publish('news', 'the last');
    t.equal(await peers[0].next(), 'the last', 'what is no message reaches nobody');
    peers[0].ws.terminate();
  });
});

t.test('a subscriber that does not read', async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'] }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, {
      handler: talkUrl('?pushes'),
      data: { log: log.path },
      limits: { sendLimitBytes: SEND_LIMIT_BYTES },
    });
    const reader = await Peer.open(server);
    const slow = await Peer.open(server);
    const lossy = await Peer.open(server);
    for (const peer of [reader, slow]) await peer.ask('join news');
    t.equal(await lossy.ask('join news skip'), 'joined news');
    for (const { ws } of [slow, lossy]) ws.pause();
    let published = 0;
    while (log.count(CUT) === 0 && published < FLOOD_PIECES) {
      for (let i = 0; i < AT_ONCE; i += 1) server.publish('news', PIECE);
      published += AT_ONCE;
      await until(() => reader.count === 1 + published, 'the other one has everything');
    }
    await log.has(CUT);
    t.same(log.lines, [CUT], 'it is cut, and nobody else');
    for (let i = 0; i < published; i += 1) await reader.next();
    t.equal(await reader.ask('still there'), 'still there');
    lossy.ws.resume();
    let pieces = 0;
    let last: string | Buffer = '';
    const heard = (async () => {
      while ((last = await lossy.next()) === PIECE) pieces += 1;
    })();
    await until(() => {
      server.publish('news', 'the last'); // more than once: it may be behind in what it reads
      return last === 'the last';
    }, 'who may miss some is not cut, and hears on');
    await heard;
    t.ok(pieces < published, `${pieces} of ${published}`);
    for (const { ws } of [slow, reader, lossy]) ws.terminate();
  });
});

t.test('a client that asks, and does not read', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, {
      handler: talkUrl(),
      data: { log: log.path },
      limits: { sendLimitBytes: SEND_LIMIT_BYTES },
    });
    const peer = await Peer.open(server);
    const closed = peer.closed();
    peer.ws.pause();
    for (let i = 0; i < FLOOD_PIECES; i += 1) peer.ws.send(PIECE);
    if (combo.mode === 'native') {
      // uWebSockets.js goes on reading.
      await log.has(CUT);
      peer.ws.resume();
      t.same(await closed, [1006, '']);
      t.ok(peer.count < FLOOD_PIECES);
      return;
    }
    await until(() => peer.ws.bufferedAmount > 0, 'it is not read');
    peer.ws.resume();
    await until(() => peer.count === FLOOD_PIECES, 'every answer comes when it reads');
    t.same(log.lines, []);
    peer.ws.close();
    t.same(await closed, [1005, '']);
  });
});
