/** WebSockets in mode `native`, against the `ws` client: the same hooks, their order and their ends. */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import { ask, Client } from '../http/exchange.ts';
import { get } from '../http/routes.ts';
import { Log } from '../modes/support/log.ts';
import { before, until } from '../modes/support/wait.ts';
import { host, parse, skip, WAYS, type Host, type HostOptions } from './support.ts';

async function sockets(t: Test, query = '', options: Partial<HostOptions> = {}) {
  const log = new Log(t);
  const url = new URL(`./handlers/sockets.ts?log=${log.path}${query}`, import.meta.url);
  return { log, server: await host(t, { handler: url, workers: 1, ...options }) };
}

/** What one client sees. */
class Talk {
  readonly socket: WebSocket;
  readonly heard: Array<string | Buffer> = [];
  readonly headers: Promise<Record<string, unknown>>;
  readonly ended: Promise<{ status: number; text: string }>;

  constructor(t: Test, server: Host, path = '/rooms/7', options: ClientOptions = {}) {
    const url = `ws://127.0.0.1:${server.port}${path}`;
    this.socket = new WebSocket(url, options.protocol?.split(',') ?? [], {
      perMessageDeflate: false,
      ...options,
    });
    t.teardown(() => this.socket.terminate());
    this.socket.on('error', () => {});
    this.socket.on('message', (data: RawData, isBinary: boolean) => {
      this.heard.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
    });
    this.headers = once(this.socket, 'upgrade').then(
      ([response]) => (response as { headers: Record<string, unknown> }).headers,
    );
    this.headers.catch(() => {});
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (status: number, text: Buffer) =>
        resolve({ status, text: text.toString() }),
      );
    });
  }

  async opened(): Promise<this> {
    await this.hears(1); // welcome
    return this;
  }

  say(...messages: Array<string | Buffer>): this {
    for (const message of messages) this.socket.send(message);
    return this;
  }

  async hears(count: number): Promise<Array<string | Buffer>> {
    await until(
      () => this.heard.length >= count || this.socket.readyState === WebSocket.CLOSED,
      `${count} messages; there are ${this.heard.length}`,
    );
    return this.heard;
  }

  async end() {
    return before(this.ended, 'the WebSocket ends');
  }
}

t.test('the same hooks, in one loop and in many', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    const { server, log } = await sockets(t, '', way);
    const options = { protocol: 'v3,v1', headers: { 'x-say': 'hi' } };
    const talk = await new Talk(t, server, '/rooms/a%20b', options).opened();
    t.match(await talk.headers, { 'x-more': 'y', 'sec-websocket-protocol': 'v1' }, name);
    const bytes = Buffer.from([0, 255]);
    talk.say('about', 'late 30 first', 'second', bytes, 'send urgent', 'count', '');
    const [welcome, about, ...rest] = await talk.hears(8);
    t.equal(welcome, 'welcome');
    const said = ['/rooms/a%20b', { room: 'a b' }, 'v1', 'hi', '127.0.0.1'];
    t.strictSame(JSON.parse(about as string), said);
    t.strictSame(rest, ['urgent', 'first', 'second', bytes, 'sent', '6', ''], 'replies in order');
    talk.socket.close(4001, 'so long');
    t.strictSame(await talk.end(), { status: 4001, text: 'so long' });
    await log.has('closed client 4001 so long');
    await until(async () => (await server.sum('open')) === 0, 'nobody is left');
    t.strictSame(await server.close(), { forced: false });
  }
});

t.test('handshakes', { skip }, async (t) => {
  const { server } = await sockets(t);
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const asks = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const version = 'Sec-WebSocket-Version: 13\r\n';
  const cases: Array<[number, string, string, string]> = [
    [101, 'one in order', '/rooms/1', asks + key + version],
    [400, 'no key', '/rooms/1', asks + version],
    [426, 'another version', '/rooms/1', `${asks}${key}Sec-WebSocket-Version: 8\r\n`],
    [403, 'another origin', '/rooms/1', `${asks}${key}${version}Origin: http://b\r\n`],
    [401, 'one that the hooks refuse', '/refused', asks + key + version],
    [200, 'no WebSocket there', '/plain', asks + key + version],
    [404, 'nothing there', '/none', asks + key + version],
    [404, 'a key alone', '/rooms/1', key],
    [404, 'another protocol', '/rooms/1', `Connection: Upgrade\r\nUpgrade: x\r\n${key}`],
  ];
  for (const [status, what, path, fields] of cases) {
    const client = new Client(server.port).send(get(path, fields));
    const text = await client.until((all) => all.includes('\r\n\r\n'));
    client.destroy();
    t.match(parse(text).status, new RegExp(`^HTTP/1.1 ${status} `), what);
    if (status !== 101) continue;
    t.match(text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    t.equal(text.match(/^sec-websocket-accept:/gim)?.length, 1, 'once');
  }
  t.equal(parse(await ask(server.port, get('/plain'))).body, 'plain');
});

t.test('handshakes that are answered while other requests run', { skip }, async (t) => {
  const { server } = await sockets(t);
  const asks = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  for (let i = 0; i < 50; i += 1) {
    const clients = Array.from({ length: 4 }, () => new Client(server.port));
    // Each answers the one before; the plain one the last.
    for (const client of clients) client.send(get('/turns', asks + key));
    await until(async () => (await server.sum('messages')) >= i * 5 + 4, 'all wait but the last');
    t.equal(parse(await ask(server.port, get('/plain'))).body, 'plain');
    for (const client of clients) {
      t.match(await client.until((all) => all.includes('\r\n\r\n')), /^HTTP\/1.1 101 /);
      client.send(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      await client.until((all) => all.endsWith('hi'));
      client.destroy();
    }
  }
  await until(async () => (await server.sum('open')) === 0, 'nobody is left');
});

t.test('ends', { skip }, async (t) => {
  const { server, log } = await sockets(t);
  const after = async (...messages: string[]) => {
    const talk = (await new Talk(t, server).opened()).say(...messages);
    return { ...(await talk.end()), heard: talk.heard.slice(1) };
  };
  t.strictSame(
    await after('late 20 due', 'close 4002 bye', 'too late'),
    { status: 4002, text: 'bye', heard: ['due', 'last words'] },
    'by the handler: replies due are sent first',
  );
  await log.has('closed handler 4002 bye');
  for (const [message, error] of [
    ['throw', 'thrown'],
    ['junk', 'A WebSocket takes text (a string) or bytes (a Uint8Array), and got number 5.'],
    ['close-badly', /1005/],
  ] as const) {
    t.match(await after(message), { status: 1011, heard: [] }, message);
    await until(() => server.texts('handler-error').length > 0, 'it is told');
    t.match(server.texts('handler-error').at(-1), error);
  }
  await log.has('closed error 1011 ', 3);
  t.match(await after('x'.repeat(100_001)), { status: 1006 }, 'a message that is too long');
  await log.has('closed protocol 1006 ');
  const talk = await new Talk(t, server).opened();
  talk.socket.terminate();
  await log.has('closed client 1006 ');
  await until(async () => (await server.sum('open')) === 0, 'nobody is left');
});

t.test('a peer that reads slowly', { skip }, async (t) => {
  const { server, log } = await sockets(t, '', { limits: { sendLimitBytes: 4 * 1024 * 1024 } });
  const slow = await new Talk(t, server).opened();
  slow.socket.pause();
  slow.say('fill');
  await log.has('filled wait');
  slow.socket.resume();
  await log.has('drained');
  const never = await new Talk(t, server).opened();
  never.socket.pause();
  never.say('burst');
  await log.has('closed send-limit 1006 ');
  slow.say('still there');
  await until(() => slow.heard.at(-1) === 'still there', 'the other one is served');
});

t.test('messages that wait have a limit', { skip }, async (t) => {
  const limits = { inFlight: 2, sendLimitBytes: 300_000 };
  const { server, log } = await sockets(t, '', { limits });
  const talk = await new Talk(t, server).opened();
  talk.say('late 50 a', 'late 1 b', 'c', 'd');
  t.strictSame((await talk.hears(5)).slice(1), ['a', 'b', 'c', 'd'], 'they run when there is room');
  talk.say('hold', 'hold', ...Array.from({ length: 4 }, () => 'x'.repeat(90_000)));
  t.match(await talk.end(), { status: 1008 });
  await log.has('closed send-limit 1008 ');
});

t.test('pushes', { skip }, async (t) => {
  const { server } = await sockets(t, '&pushes');
  const [one, other] = [await new Talk(t, server).opened(), await new Talk(t, server).opened()];
  one.say('push');
  t.strictSame(await one.hears(2), ['welcome', 'pushed']);
  other.say('push');
  t.strictSame(await other.hears(2), ['welcome', 'pushed']);
});

t.test('topics', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    for (const deflate of ['', '&deflate']) {
      const { server } = await sockets(t, `&pushes${deflate}`, way);
      const options = { perMessageDeflate: deflate !== '' };
      const talks: Talk[] = [];
      for (let i = 0; i < 6; i += 1) {
        talks.push(await new Talk(t, server, '/rooms/1', options).opened());
        await talks[i].say('join news').hears(2);
      }
      const [first, ...others] = talks;
      const long = 'é'.repeat(500);
      first.say('tell news short', `tell news ${long}`, 'tell news bytes');
      t.strictSame(
        (await first.hears(5)).slice(2),
        ['told', 'told', 'told'],
        `${name}: not itself`,
      );
      for (const other of others) {
        const heard = (await other.hears(5)).slice(2);
        t.strictSame(heard, ['short', long, Buffer.alloc(70_000, 1)], `${name}${deflate}`);
      }
    }
  }
});

t.test('compressed messages', { skip }, async (t) => {
  const { server } = await sockets(t, '&deflate');
  const talk = await new Talk(t, server, '/rooms/1', { perMessageDeflate: true }).opened();
  t.match(await talk.headers, { 'sec-websocket-extensions': /^permessage-deflate/ });
  const long = 'abc'.repeat(20_000);
  t.strictSame((await talk.say(long, 'short').hears(3)).slice(1), [long, 'short']);
  talk.say('x'.repeat(1_000_000));
  t.match(await talk.end(), { status: 1006 }, 'a bomb is too long a message');
});

t.test('it stops in an orderly way', { skip }, async (t) => {
  for (const { name, ...way } of WAYS) {
    const { server, log } = await sockets(t, '', way);
    const idle = await new Talk(t, server).opened();
    const busy = (await new Talk(t, server).opened()).say('late 100 due');
    await until(async () => (await server.sum('messages')) >= 1 + 2, 'it is asked for');
    const closed = server.close();
    t.match(await idle.end(), { status: 1001 }, name);
    t.match(await busy.end(), { status: 1001 });
    t.strictSame(busy.heard, ['welcome', 'due'], 'what is due is sent');
    t.strictSame(await closed, { forced: false });
    await log.has('closed stop 1001 ', 2);
  }
});
