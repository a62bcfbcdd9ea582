/**
 * Against the `ws` client, in every mode: compressed or not, in fragments, large messages, and both closing orders. Where
 * `native` differs, native-notes/uwebsockets.md says why.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { ClientOptions, WebSocket } from 'ws';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { Log } from '../modes/support/log.ts';
import { before } from '../modes/support/wait.ts';
import type { Server } from '../../src/serve.ts';
import { Peer, talkUrl } from './peer.ts';

const MIB = 1024 * 1024;
const DEFLATE =
  /^permessage-deflate; (server|client)_no_context_takeover; (?!\1)(server|client)_no_context_takeover/;

async function echo(t: Test, peer: Peer, messages: ReadonlyArray<string | Buffer>): Promise<void> {
  for (const message of messages) peer.ws.send(message);
  let wrong = 0;
  for (const message of messages) {
    const got = await peer.next();
    const same =
      typeof message === 'string' ? got === message : Buffer.isBuffer(got) && got.equals(message);
    if (!same) wrong += 1;
  }
  t.equal(wrong, 0, 'every message came back');
}

async function exchange(
  t: Test,
  server: Server,
  options: ClientOptions,
  agreed: RegExp,
): Promise<void> {
  const peer = await Peer.open(server, options, '/greet');
  const { ws } = peer;
  t.equal(ws.protocol, 'v1');
  t.match(peer.extensions, agreed);
  t.equal(await peer.next(), 'welcome');
  await echo(t, peer, [
    '',
    'a',
    'κόσμε 😀',
    'x'.repeat(125),
    'é'.repeat(63),
    'é'.repeat(100),
    'x'.repeat(65_535),
    'é'.repeat(40_000),
    Buffer.alloc(0),
    Buffer.from([0, 255]),
    Buffer.alloc(65_536, 'ab'),
    'y'.repeat(MIB),
    Buffer.alloc(MIB, 'yz'),
  ]);
  const whole = 'fragmented '.repeat(20_000);
  const ponged = once(ws, 'pong');
  for (let at = 0; at < whole.length; at += 50_000) {
    ws.send(whole.slice(at, at + 50_000), { fin: at + 50_000 >= whole.length });
    ws.ping(String(at));
  }
  t.ok((await peer.next()) === whole, 'so did one in fragments');
  t.equal(String(((await before(ponged, 'a pong')) as [Buffer])[0]), '0');
  ws.terminate();
}

void t.test('messages', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: talkUrl() });
    const offer = { threshold: 0 };
    await exchange(t, server, { perMessageDeflate: false }, /^$/);
    await exchange(t, server, { perMessageDeflate: offer }, DEFLATE);
    const client = { ...offer, clientMaxWindowBits: 9 };
    await exchange(t, server, { perMessageDeflate: client }, DEFLATE);
    const both = { ...client, serverMaxWindowBits: 10 };
    // uWebSockets.js has a window of its own, so nothing is agreed on.
    const small = combo.mode === 'native' ? /^$/ : /; server_max_window_bits=10$/;
    await exchange(t, server, { perMessageDeflate: both }, small);
  });
});

void t.test('large messages', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const limits = { messageLimitBytes: 8 * MIB, sendLimitBytes: 32 * MIB };
    const server = await serveWith(t, combo, { handler: talkUrl(), limits });
    const large = [Buffer.alloc(8 * MIB, 'large'), 'é'.repeat(2 * MIB), Buffer.alloc(3 * MIB)];
    for (const perMessageDeflate of [false, true]) {
      const peer = await Peer.open(server, { perMessageDeflate });
      await echo(t, peer, large);
      peer.ws.terminate();
    }
  });
});

interface Ending {
  /** What the client hears. */
  readonly hears: [number, string];
  /** What the handler's close() is told. */
  readonly told: string;
}

const CLOSES: ReadonlyArray<
  Ending & {
    readonly what: string;
    readonly act: (ws: WebSocket) => void;
    /** Where reads block there is no timer to give up by, so nobody waits for the peer's Close. */
    readonly blocking?: Partial<Ending>;
    readonly native?: Partial<Ending>;
  }
> = [
  {
    what: 'the client, without a status',
    act: (ws) => ws.close(),
    hears: [1005, ''],
    told: 'client 1005 ',
  },
  {
    what: 'the client, with a status of its own',
    act: (ws) => ws.close(4000, 'bye'),
    hears: [4000, ''],
    told: 'client 4000 bye',
    native: { hears: [4000, 'bye'] },
  },
  {
    what: 'the client, without a Close',
    act: (ws) => ws.terminate(),
    hears: [1006, ''],
    told: 'client 1006 ',
  },
  {
    what: 'the handler',
    act: (ws) => ws.send('close 4001 see you'),
    hears: [4001, 'see you'],
    told: 'handler 4001 see you',
    blocking: { told: 'handler 1006 ' },
  },
  {
    what: 'the handler, without a status',
    act: (ws) => ws.send('close-plain'),
    hears: [1000, ''],
    told: 'handler 1000 ',
    blocking: { told: 'handler 1006 ' },
  },
  {
    what: 'a handler that throws',
    act: (ws) => ws.send('throw'),
    hears: [1011, ''],
    told: 'error 1006 ',
    native: { told: 'error 1011 ' },
  },
  {
    what: 'a message that is too long',
    act: (ws) => ws.send('z'.repeat(MIB + 1)),
    hears: [1009, ''],
    told: 'protocol 1006 ',
    native: { hears: [1006, ''] },
  },
];

void t.test('who closes', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, { handler: talkUrl(), data: { log: log.path } });
    for (const { what, act, native, blocking, ...alike } of CLOSES) {
      const own = combo.mode === 'native' ? native : combo.mode === 'blocking' && blocking;
      const { hears, told } = { ...alike, ...own };
      for (const perMessageDeflate of [false, true]) {
        log.clear();
        const peer = await Peer.open(server, { perMessageDeflate });
        const closed = peer.closed();
        act(peer.ws);
        t.same(await closed, hears, what);
        await log.has(`closed ${told}`);
        t.equal(log.lines.length, 1, 'once');
      }
    }
    t.same(await server.close(), { forced: false });
  });
});

void t.test('an open that fails: the client is told so by 1011', async (t) => {
  await forEveryMode(t, { http: true, readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, { handler: talkUrl(), data: { log: log.path } });
    for (const path of ['/broken', '/broken-at-once']) {
      const peer = await Peer.open(server, {}, path);
      t.equal((await peer.closed())[0], 1011, path);
    }
    const other = await Peer.open(server);
    t.equal(await other.ask('a'), 'a', 'the others are served');
    other.ws.close();
    await other.closed();
    await log.has('closed client 1005 ');
    t.same(log.lines, ['closed client 1005 '], 'close() is for what was opened');
  });
});
