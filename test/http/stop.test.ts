/**
 * A server that stops (RFC 9112, 9.6): whatever has begun to come is answered, the last answer says `Connection: close`,
 * and only then comes the end.
 */
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { Server } from '../../src/serve.ts';
import { refusal } from '../modes/support/alive.ts';
import { connectTo, type Client } from '../modes/support/client.ts';
import { forEveryMode, serveWith, type Choice, type Combo } from '../modes/support/combos.ts';
import { before, until } from '../modes/support/wait.ts';

const CLOSE = /\r\nConnection: close\r\n/g;
const OLD = 'GET /hold HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
const get = (target: string, method = 'GET') => `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (target: string, length: number) =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

/** Half the time that an idle connection has. */
const LATE_MS = 50;
const WATCH_MS = 5;

interface Stopping {
  readonly server: Server;
  readonly ask: (text: string) => Promise<Client>;
  /** The loops have read all that was asked. */
  readonly hasRead: (text: string) => Promise<void>;
  /** Stops, and resolves when the loops know it. */
  readonly stop: () => Promise<void>;
  readonly openGate: () => void;
  /** It ends by itself. */
  readonly ends: () => Promise<void>;
}

async function stopping(t: Test, combo: Combo, query = '', threads = 8): Promise<Stopping> {
  const gate = `${t.testdir({})}/open`;
  const server = await serveWith(t, combo, {
    handler: new URL(`./handlers/stop.ts${query}#${gate}`, import.meta.url),
    data: { gate },
    ...(combo.mode === 'blocking' ? { workers: threads } : {}),
  });
  const idle = await connectTo(server);
  await idle.write(get('/'));
  await idle.untilText('HTTP/1.1 200');
  let closed: Promise<{ forced: boolean }> | undefined;
  return {
    server,
    async ask(text) {
      const client = await connectTo(server);
      await client.write(text);
      return client;
    },
    async hasRead(text) {
      // `native` is told of heads when they are whole, and counts bodies alone.
      const isNative = combo.mode === 'native';
      const heads = `${get('/')}${text}`.split('\r\n\r\n');
      const bytes = isNative ? heads.at(-1)!.length : get('/').length + text.length;
      await until(async () => {
        const { workers } = await server.stats();
        const read = workers.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
        const started = workers.reduce((sum, { messages }) => sum + messages, 0);
        return read >= bytes && (!isNative || started >= heads.length - 2);
      }, `${bytes} bytes are read`);
    },
    async stop() {
      closed = server.close({ drainTimeoutMs: 300_000 });
      // `native` ends idle connections with all others, and each of its loops has a listener of its own.
      if (combo.mode === 'native')
        await until(async () => (await refusal(server)) === 'ECONNREFUSED', 'it does not listen');
      else await before(idle.ended, 'the idle client is told');
    },
    openGate: () => writeFileSync(gate, ''),
    async ends() {
      t.equal(await before(idle.ended, 'the idle client is told'), 'end');
      t.notMatch(idle.text, CLOSE, 'it had its answer before');
      idle.end();
      t.strictSame(await before(closed!, 'it closes'), { forced: false });
    },
  };
}

/** Sends a request for each response, until one says that it is the last. */
class LoadingClient {
  answers = 0;
  wasTold = false;
  #client: Client;
  #rest = '';

  constructor(client: Client) {
    this.#client = client;
    client.socket.on('data', (bytes: Buffer) => this.#take(bytes.toString('latin1')));
  }

  ask(requests: number): void {
    this.#client.socket.write(get('/').repeat(requests));
  }

  async ends(): Promise<string> {
    const how = await before(this.#client.ended, 'it ends');
    this.#client.end();
    return how;
  }

  #take(text: string): void {
    const heads = (this.#rest + text).split('\r\n\r\n');
    this.#rest = heads.pop()!;
    this.answers += heads.length;
    if (heads.some((head) => head.includes('\r\nConnection: close'))) this.wasTold = true;
    if (!this.wasTold) this.ask(heads.length);
  }
}

/** How long this process was held up: a client in it is then idle, and the server cannot know. */
class HeldUp {
  longestMs = 0;
  #timer: NodeJS.Timeout;

  constructor() {
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.longestMs = Math.max(this.longestMs, nowMs - lastMs);
      lastMs = nowMs;
    }, WATCH_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** How it ended, with the last response alone saying so. */
async function told(t: Test, client: Client, responses: number, what: string): Promise<string> {
  t.equal(await before(client.ended, `the end of ${what}`), 'end', `${what}: no reset`);
  client.end();
  const heads = client.text.split('HTTP/1.1 ').slice(1);
  t.equal(heads.length, responses, `${what}: all are answered`);
  t.match(heads.at(-1), CLOSE, `${what}: the last says that it is`);
  t.equal(client.text.match(CLOSE)?.length, 1, `${what}: and no other does`);
  return client.text;
}

/** What has come before the server stops, what comes then, and how many responses that makes. */
const COLLECTED: Readonly<Record<string, readonly [string, string, number]>> = {
  'a request that is being answered': [get('/hold'), '', 1],
  HEAD: [get('/hold', 'HEAD'), '', 1],
  'HTTP/1.0': [OLD, '', 1],
  'an error': [get('/hold?throw'), '', 1],
  pipelined: [get('/hold').repeat(3) + get('/'), '', 4],
  'half a body': [`${post('/', 6)}abc`, 'def', 1],
  'half a header line': [post('/', 6).slice(0, 30), `${post('/', 6).slice(30)}abcdef`, 1],
  'a head without its end': [post('/', 6).slice(0, -2), '\r\nabcdef', 1],
  'a whole one and a half': [`${get('/')}${post('/', 6)}a`, 'bcdef', 2],
  'the half of one behind one that is held': [`${get('/hold')}${post('/', 6)}a`, 'bcdef', 2],
};

/**
 * uWebSockets.js ends a connection that sends a request ahead of an answer, says nothing of half a head, and leaves the
 * connection open behind a response without a body.
 */
const NATIVE = ['a request that is being answered', 'an error', 'half a body'];

/** Their first responses have begun before the server stops: their heads say nothing of the end. */
const STREAMED: typeof COLLECTED = {
  ...COLLECTED,
  'a body that comes back, and one more': [`${post('/back', 6)}abc`, `def${get('/')}`, 2],
};

for (const [body, cases] of Object.entries({ collect: COLLECTED, stream: STREAMED })) {
  const readPaths = body === 'collect' ? (['fast', 'fallback'] as const) : (['fast'] as const);
  t.test(`what has begun to come, with body: '${body}'`, async (t) => {
    await forEveryMode(t, { http: true, readPaths }, async (t, combo) => {
      const names = combo.mode === 'native' ? NATIVE : Object.keys(cases);
      const { ask, stop, hasRead, openGate, ends } = await stopping(t, combo, `?body=${body}`, 16);
      const clients = new Map<string, Client>();
      for (const name of names) clients.set(name, await ask(cases[name][0]));
      await hasRead(names.map((name) => cases[name][0]).join(''));
      await stop();
      openGate();
      for (const name of names) {
        const [, rest, responses] = cases[name];
        const client = clients.get(name)!;
        await client.write(rest);
        await told(t, client, responses, name);
        if (rest.endsWith('def')) t.ok(client.text.endsWith('\r\n\r\nabcdef'), `${name}: whole`);
      }
      await ends();
    });
  });
}

t.test('clients under load', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const { ask, stop, ends } = await stopping(t, combo);
    const held = new HeldUp();
    const clients: LoadingClient[] = [];
    for (let i = 0; i < 6; i += 1) clients.push(new LoadingClient(await ask('')));
    for (const client of clients) client.ask(combo.mode === 'native' ? 1 : 2);
    await until(() => clients.every(({ answers }) => answers > 20), 'there is load');
    await stop();
    for (const client of clients) {
      t.equal(await client.ends(), 'end', 'no reset');
      if (!client.wasTold) t.ok(held.longestMs > LATE_MS, 'only one that was late is not told');
    }
    held.stop();
    await ends();
  });
});

t.test('blocking: who waits for a thread', async (t) => {
  const choice: Choice = {
    http: true,
    unless: ({ mode }) => (mode === 'blocking' ? undefined : 'every connection has its loop'),
  };
  await forEveryMode(t, choice, async (t, combo) => {
    const { ask, stop, openGate, hasRead, ends, server } = await stopping(t, combo, '', 2);
    const held = await ask(get('/hold'));
    await hasRead(get('/hold'));
    const waiting = [await ask(get('/')), await ask(get('/')), await ask('')];
    await until(
      async () => (await server.stats()).workers.reduce((sum, { open }) => sum + open, 0) === 5,
      'they wait',
    );
    await stop();
    openGate();
    for (const client of [held, waiting[0], waiting[1]]) await told(t, client, 1, 'served');
    t.equal(await before(waiting[2].ended, 'it is told'), 'end', 'one that asks nothing');
    waiting[2].end();
    await ends();
  });
});
