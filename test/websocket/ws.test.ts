/** Against the `ws` client, in every mode: compressed or not, in fragments, large messages, and both closing orders. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { before } from '../modes/support/wait.ts';
import type { Server } from '../../src/serve.ts';

t.setTimeout(120_000);
const MIB = 1024 * 1024;

class Peer {
  readonly ws: WebSocket;
  readonly #got: Array<string | Buffer> = [];
  #onGot: (() => void) | undefined = undefined;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: RawData, isBinary: boolean) => {
      this.#got.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
      this.#onGot?.();
    });
  }

  async next(): Promise<string | Buffer> {
    while (this.#got.length === 0) {
      await before(
        new Promise<void>((resolve) => {
          this.#onGot = resolve;
        }),
        'a message',
      );
    }
    return this.#got.shift()!;
  }

  /** How it ends, for the other side. */
  async closed(): Promise<[number, string]> {
    const [code, reason] = (await before(once(this.ws, 'close'), 'it closes')) as [number, Buffer];
    return [code, reason.toString()];
  }
}

async function open(server: Server, options: ClientOptions, path = '/'): Promise<Peer> {
  const ws = new WebSocket(`${server.url.replace('tcp:', 'ws:')}${path}`, ['v1'], options);
  const peer = new Peer(ws);
  await before(once(ws, 'open'), 'it opens');
  return peer;
}

async function exchange(t: Test, server: Server, options: ClientOptions): Promise<void> {
  const peer = await open(server, options, '/greet');
  const { ws } = peer;
  t.equal(ws.protocol, 'v1');
  t.equal(ws.extensions.includes('permessage-deflate'), options.perMessageDeflate !== false);
  t.equal(await peer.next(), 'welcome');
  const messages = [
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
  ];
  for (const message of messages) ws.send(message);
  let wrong = 0;
  for (const message of messages) {
    const got = await peer.next();
    const same =
      typeof message === 'string' ? got === message : Buffer.isBuffer(got) && got.equals(message);
    if (!same) wrong += 1;
  }
  t.equal(wrong, 0, 'every message came back');
  const whole = 'fragmented '.repeat(20_000);
  for (let at = 0; at < whole.length; at += 50_000) {
    ws.send(whole.slice(at, at + 50_000), { fin: at + 50_000 >= whole.length });
    ws.ping(String(at));
  }
  const ponged = once(ws, 'pong');
  t.ok((await peer.next()) === whole, 'so did one in fragments');
  t.equal(String(((await before(ponged, 'a pong')) as [Buffer])[0]), '0');
  ws.close(4000, 'bye');
  t.same(await peer.closed(), [4000, ''], 'the client closes');

  const second = await open(server, options);
  second.ws.send('close 4001 see you');
  t.equal(await second.next(), 'last words');
  t.same(await second.closed(), [4001, 'see you'], 'the server closes');

  const third = await open(server, options);
  third.ws.on('error', () => {});
  third.ws.send('z'.repeat(MIB + 1));
  t.same(await third.closed(), [1009, ''], 'too long');
}

void t.test('ws', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const handler = new URL(`./handlers/talk.ts#ws${combo.mode}${combo.unit}`, import.meta.url);
    const server = await serveWith(t, combo, { handler });
    await exchange(t, server, { perMessageDeflate: false });
    await exchange(t, server, { perMessageDeflate: { threshold: 0 } });
    await exchange(t, server, {
      perMessageDeflate: { serverMaxWindowBits: 10, clientMaxWindowBits: 9, threshold: 0 },
    });
  });
});
