/** fetch handlers: the same as with a real Request and Response, lazily, and with the globals as they were. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import t from 'tap';
import { fromFetch, type Fetch } from '../../src/http/fetch.ts';
import { http } from '../../src/protocols/http1/http.ts';
import { ask, Client, split, start, until } from './exchange.ts';

const before = { Request, Response, Headers };
const get = (target: string, fields = '') =>
  `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`;
const post = (target: string, text: string, fields = '') => {
  const body = Buffer.from(text).toString('latin1');
  return `POST ${target} HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
};

/** Chunks that come one after another. */
const bytesOf = (...texts: string[]) =>
  ReadableStream.from<Uint8Array>(texts.map((text) => Buffer.from(text)));

/** What `fetch` answers to `request`, with lazy responses and with real ones: the same, or the test fails. */
async function both(
  t: Tap,
  fetch: Fetch,
  request: string,
  options = {},
  alike = true,
): Promise<{ head: string; body: string }> {
  const answers = [];
  for (const responses of ['lazy', 'real'] as const) {
    const server = await start(fromFetch(fetch, { responses, protocol: http(options) }));
    answers.push(split(await ask(server.port, request)));
    await server.close();
  }
  // A real one's header names are in lower case.
  const [lazy, real] = answers.map(({ head, body }) => ({
    lines: head.toLowerCase().split('\r\n').sort(),
    body,
  }));
  if (alike) t.same(lazy, real);
  return answers[0];
}
interface Tap {
  same(found: unknown, wanted: unknown): boolean;
}

const responses: ReadonlyArray<
  readonly [string, () => Response, string | RegExp, string | RegExp]
> = [
  ['nothing', () => new Response(), /200 OK[^]*Content-Length: 0/, ''],
  ['null', () => new Response(null, { status: 404 }), '404 Not Found', ''],
  [
    'text',
    () => new Response('h\u00e9'),
    /content-type: text\/plain;charset=UTF-8\r\nContent-Length: 3/i,
    'h\xc3\xa9',
  ],
  [
    'empty text',
    () => new Response(''),
    /content-type: text\/plain;charset=UTF-8\r\nContent-Length: 0/i,
    '',
  ],
  [
    'text with a type',
    () => new Response('x', { headers: { 'Content-Type': 'text/html' } }),
    /content-type: text\/html\r\n/i,
    'x',
  ],
  [
    'a record of headers',
    () => new Response('x', { headers: { A: 'b', c: 'd' } }),
    /a: b\r\nc: d\r\n/i,
    'x',
  ],
  [
    'a list of headers',
    () =>
      new Response(null, {
        headers: [
          ['a', 'b'],
          ['a', 'c'],
        ],
      }),
    /a: b, c\r\n/i,
    '',
  ],
  [
    'Headers',
    () => new Response('x', { headers: new Headers({ a: 'b' }) }),
    /a: b\r\ncontent-type: text\/plain/i,
    'x',
  ],
  [
    'numbers as header values',
    () => new Response('x', { headers: { a: 7 as unknown as string } }),
    /a: 7\r\n/i,
    'x',
  ],
  [
    'two cookies',
    () => {
      const response = new Response('x');
      response.headers.append('set-cookie', 'a=b');
      response.headers.append('set-cookie', 'c=d');
      return response;
    },
    /set-cookie: a=b\r\nset-cookie: c=d/,
    'x',
  ],
  [
    'headers changed',
    () => {
      const response = new Response('x', { headers: { a: 'b', c: 'd' } });
      response.headers.delete('c');
      response.headers.delete('content-type');
      response.headers.set('e', 'f');
      return response;
    },
    /OK\r\na: b\r\ne: f\r\nContent-Length/,
    'x',
  ],
  ['bytes', () => new Response(new Uint8Array([1, 255])), /OK\r\nContent-Length: 2/, '\x01\xff'],
  [
    'an ArrayBuffer',
    () => new Response(new Uint8Array([1, 2]).buffer),
    /OK\r\nContent-Length: 2/,
    '\x01\x02',
  ],
  ['a view', () => new Response(new Uint16Array([0x4141])), /OK\r\nContent-Length: 2/, 'AA'],
  [
    'URLSearchParams',
    () => new Response(new URLSearchParams({ a: 'b c' })),
    /application\/x-www-form-urlencoded;charset=UTF-8/i,
    'a=b+c',
  ],
  [
    'a Blob',
    () => new Response(new Blob(['x'], { type: 'a/b' })),
    /content-type: a\/b/i,
    /^(x|1\r\nx\r\n0\r\n\r\n)$/,
  ],
  [
    'Response.json',
    () => Response.json({ a: 1 }, { status: 201 }),
    /201 Created\r\ncontent-type: application\/json/i,
    '{"a":1}',
  ],
  [
    'Response.redirect',
    () => Response.redirect('http://b/c', 301),
    /301 Moved Permanently\r\nlocation: http:\/\/b\/c/i,
    '',
  ],
  ['Response.error', () => Response.error(), '500 Internal Server Error', ''],
  ['no Response', () => 'x' as unknown as Response, '500 Internal Server Error', ''],
  ['204', () => new Response(null, { status: 204 }), 'HTTP/1.1 204 No Content', ''],
  [
    'a clone',
    () => new Response('x', { status: 202, headers: { a: 'b' } }).clone(),
    /202 Accepted\r\na: b/i,
    'x',
  ],
  [
    'a body that was looked at',
    () => {
      const response = new Response('x');
      void response.body;
      return response;
    },
    /Content-Length: 1/,
    'x',
  ],
  [
    'a body that was cloned away',
    () => {
      const response = new Response('xyz', { headers: { a: 'b' } });
      void response.clone().text();
      return response;
    },
    /a: b/i,
    'xyz',
  ],
  [
    'a body that was read',
    () => {
      const response = new Response('x');
      void response.text();
      return response;
    },
    '500 Internal Server Error',
    '',
  ],
  ['a bad status', () => new Response('x', { status: 42 }), '500', ''],
  ['a body with 204', () => new Response('x', { status: 204 }), '500', ''],
  [
    'another one as init',
    () => new Response('y', new Response('x', { status: 203, headers: { a: 'b' } })),
    /203 Non[^]*a: b/i,
    'y',
  ],
];
for (const [what, make, head, body] of responses) {
  void t.test(`a response of ${what}`, async (t) => {
    for (const fetch of [make, async () => make(), async () => (await sleep(1), make())]) {
      // Whether a blob is there soon enough to be sent with its length is a matter of luck.
      const answer = await both(t, fetch, get('/'), {}, typeof body === 'string');
      t.match(answer.head, head);
      if (typeof body === 'string') t.equal(answer.body, body);
      else t.match(answer.body, body);
    }
  });
}

void t.test('a stream', async (t) => {
  const stream = () =>
    new ReadableStream({
      async start(controller) {
        controller.enqueue(Buffer.from('ab'));
        await sleep(5);
        controller.enqueue(Buffer.from('c'));
        controller.close();
      },
    });
  const { head, body } = await both(t, () => new Response(stream()), get('/'));
  t.match(head, 'Transfer-Encoding: chunked');
  t.equal(body, '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n');
});

void t.test(
  'an endless stream: its head at once, its pieces as they come, cancelled when the client goes',
  async (t) => {
    for (const responses of ['lazy', 'real'] as const) {
      let cancelled = 0;
      let controller!: ReadableStreamDefaultController;
      const server = await start(
        fromFetch(
          () =>
            new Response(
              new ReadableStream({
                start: (given) => void (controller = given),
                cancel: () => void (cancelled += 1),
              }),
              { headers: { 'content-type': 'text/event-stream' } },
            ),
          { responses },
        ),
      );
      const client = new Client(server.port);
      t.match(
        await client.send(get('/')).until((text) => text.endsWith('\r\n\r\n')),
        'content-type: text/event-stream',
      );
      controller.enqueue(Buffer.from('data: 1\n\n'));
      t.equal(await client.until((text) => text.endsWith('\r\n')), '9\r\ndata: 1\n\n\r\n');
      client.destroy();
      await until(() => {
        if (cancelled === 0) controller.enqueue(Buffer.from('more')); // a client that has only ended is told the rest
        return cancelled > 0;
      });
      const head = new Client(server.port);
      await head.send(get('/').replace('GET', 'HEAD')).until((text) => text.endsWith('\r\n\r\n'));
      await until(() => cancelled > 1);
      t.equal(cancelled, 2, 'HEAD wants none of it');
      head.destroy();
      await server.close();
    }
  },
);

void t.test('the request is what a real one is', async (t) => {
  const seen: Request[] = [];
  const server = await start(
    fromFetch((request) => {
      seen.push(request);
      return new Response();
    }),
  );
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['/', 'a.example'],
    ['/a/b?c=d&e', 'a.example:8080'],
    ['/a/../b', 'a.example'],
    ['/./a', 'a.example'],
    ['/a/.b', 'a.example'],
    ['/a|b{}^`?x|y', 'a.example'],
    ["/a'b?c'd", 'a.example'],
    ['//b/c', 'a.example'],
    ['/a\\b', 'a.example'],
    ['/%41%zz', 'a.example'],
    ['/x', 'A.Example:80'],
    ['/x', '127.0.0.1:1234'],
    ['/x', '127.1'],
    ['/x', '0x7f.1'],
    ['/x', '[::1]:80'],
    ['/x', 'a.example:0'],
    ['/x', 'a.example:'],
    ['/x', 'xn--fiq.example'],
    ['/x', 'a_b.example'],
    ['http://b.example/x/../y?z', 'a.example'],
    ['http://B.example:80', 'a.example'],
  ];
  for (const [target, host] of cases) {
    await ask(
      server.port,
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nX: y\r\nX: z\r\nCookie: a\r\nCookie: b\r\n\r\n`,
    );
    const request = seen.pop()!;
    const real = new Request(target.startsWith('/') ? `http://${host}${target}` : target);
    t.equal(request.url, real.url, `${target} at ${host}`);
  }
  await ask(server.port, get('/', 'X: y\r\nX: z\r\nAccept: q\r\n'));
  const request = seen.pop()!;
  const real = new Request('http://a.example/', {
    headers: [
      ['x', 'y'],
      ['x', 'z'],
      ['accept', 'q'],
      ['host', 'a.example'],
    ],
  });
  for (const name of [
    'method',
    'url',
    'bodyUsed',
    'body',
    'cache',
    'credentials',
    'destination',
    'duplex',
    'integrity',
    'keepalive',
    'mode',
    'redirect',
    'referrer',
    'referrerPolicy',
  ] as const) {
    t.equal(
      (request as unknown as Record<string, unknown>)[name],
      (real as unknown as Record<string, unknown>)[name],
      name,
    );
  }
  t.equal(Object.prototype.toString.call(request), '[object Request]');
  t.ok(request instanceof Request && request.headers instanceof Headers);
  t.equal(request.headers.get('X'), 'y, z');
  t.equal(request.headers.get('none'), null);
  t.ok(request.headers.has('accept'));
  t.same(
    [...request.headers],
    [
      ['accept', 'q'],
      ['host', 'a.example'],
      ['x', 'y, z'],
    ],
  );
  t.same([...new Headers(request.headers)], [...request.headers]);
  const list: string[] = [];
  request.headers.forEach((value, name) => list.push(`${name}=${value}`));
  t.same(list, ['accept=q', 'host=a.example', 'x=y, z']);
  t.same([...request.headers.keys()], ['accept', 'host', 'x']);
  t.same([...request.headers.values()], ['q', 'a.example', 'y, z']);
  request.headers.set('accept', 'r');
  request.headers.append('x', '1');
  request.headers.delete('host');
  t.same(
    [...request.headers],
    [
      ['accept', 'r'],
      ['x', 'y, z, 1'],
    ],
  );
  t.same(
    [...request.clone().headers],
    [
      ['accept', 'r'],
      ['x', 'y, z, 1'],
    ],
  );
  t.same(request.headers.getSetCookie(), []);
  const other = new Request('http://b/', request.clone());
  t.equal(other.headers.get('accept'), 'r');
  t.equal(new Request('http://b/', request as RequestInit).headers.get('accept'), 'r', 'as init');
  await server.close();
});

void t.test('every member of the real ones is answered', (t) => {
  const missing = (lazy: object, real: object) =>
    Object.getOwnPropertyNames(real).filter(
      (name) =>
        !Object.hasOwn(lazy, name) &&
        Object.getOwnPropertyDescriptor(real, name)?.get !== undefined,
    );
  const prototypes: object[] = [];
  const handler = fromFetch((request) => {
    const response = new Response();
    prototypes.push(
      Object.getPrototypeOf(request),
      Object.getPrototypeOf(request.headers),
      Object.getPrototypeOf(response),
    );
    return response;
  });
  return start(handler).then(async (server) => {
    await ask(server.port, get('/'));
    await server.close();
    t.same(missing(prototypes[0], Request.prototype), []);
    t.same(missing(prototypes[1], Headers.prototype), []);
    t.same(missing(prototypes[2], Response.prototype), []);
  });
});

for (const body of ['collect', 'stream'] as const) {
  void t.test(`bodies (${body})`, async (t) => {
    const form = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n';
    const reads: ReadonlyArray<
      readonly [string, string, (request: Request) => Promise<unknown>, string, string?]
    > = [
      ['text', '\u00e9', (request) => request.text(), '"\u00e9"'],
      ['a byte order mark', '\ufeffx', (request) => request.text(), '"x"'],
      ['json', '{"a":1}', (request) => request.json(), '{"a":1}'],
      [
        'arrayBuffer',
        'ab',
        async (request) => [...new Uint8Array(await request.arrayBuffer())],
        '[97,98]',
      ],
      ['bytes', 'ab', async (request) => [...(await request.bytes())], '[97,98]'],
      [
        'blob',
        'ab',
        async (request) => {
          const blob = await request.blob();
          return [blob.type, await blob.text()];
        },
        '["a/b","ab"]',
        'a/b',
      ],
      [
        'formData',
        form,
        async (request) => [...(await request.formData())],
        '[["x","y"]]',
        'multipart/form-data; boundary=b',
      ],
      [
        'the stream',
        'abc',
        async (request) => {
          let text = '';
          for await (const piece of request.body!) text += Buffer.from(piece).toString();
          return text;
        },
        '"abc"',
      ],
      [
        'a clone and itself',
        'abc',
        async (request) => {
          const clone = request.clone();
          return [await clone.text(), await request.text()];
        },
        '["abc","abc"]',
      ],
      [
        'twice',
        'abc',
        async (request) => {
          await request.text();
          return [request.bodyUsed, await request.text().catch((error: Error) => error.name)];
        },
        '[true,"TypeError"]',
      ],
      [
        'cloned too late',
        'abc',
        async (request) => {
          await request.text();
          try {
            request.clone();
            return 'no';
          } catch (error) {
            return (error as Error).name;
          }
        },
        '"TypeError"',
      ],
      [
        'none',
        '',
        async (request) => [request.body, await request.text(), request.bodyUsed],
        body === 'collect' ? '[null,"",true]' : '[null,"",true]',
      ],
    ];
    for (const [what, text, read, expected, type] of reads) {
      const { body: answer } = await both(
        t,
        async (request) => new Response(JSON.stringify(await read(request))),
        post('/', text, type === undefined ? '' : `Content-Type: ${type}\r\n`),
        { body },
      );
      t.equal(Buffer.from(answer, 'latin1').toString(), expected, what);
    }
    const { head } = await both(
      t,
      async (request) => new Response(JSON.stringify(await request.json())),
      post('/', '{'),
      { body },
    );
    t.match(head, '500', 'what a handler does not catch');
  });
}

void t.test(
  'the signal is the request’s: it aborts when the client goes before the response is out',
  async (t) => {
    const signals: AbortSignal[] = [];
    let aborts = 0;
    const server = await start(
      fromFetch(async (request) => {
        const { signal } = request;
        signals.push(signal);
        signal.addEventListener('abort', () => (aborts += 1));
        if (request.url.endsWith('/slow')) await sleep(60_000, undefined, { signal });
        return new Response(request.url.endsWith('/stream') ? bytesOf('a', 'b') : 'x');
      }),
    );
    const client = new Client(server.port);
    await client.send(get('/') + get('/stream') + get('/')).responses(3);
    client.send(get('/slow'));
    await until(() => signals.length === 4);
    t.equal(new Set(signals).size, 4);
    client.socket.resetAndDestroy();
    await until(() => signals[3].aborted);
    t.same(
      signals.map(({ aborted }) => aborted),
      [false, false, false, true],
    );
    t.equal(aborts, 1);
    await server.close();
  },
);

void t.test(
  'a Host, or a target, that no URL has is answered 400, and is no error of the handler’s',
  async (t) => {
    let called = 0;
    const server = await start(
      fromFetch((request) => {
        called += 1;
        return new Response(request.url);
      }),
    );
    const hosts = ['a:99999', '[::::]', '1.2.3.4.5', '999.999.999.999', '%ff', '%00', '%2f'];
    for (const host of [...hosts, ...hosts]) {
      const answer = await ask(server.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      t.match(answer, /^HTTP\/1\.1 400 /, host);
    }
    t.match(
      await ask(server.port, 'GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n'),
      /^HTTP\/1\.1 400 /,
    );
    t.equal(called, 0);
    t.equal((await server.stats()).workers[0].errors, 0);
    t.match(await ask(server.port, get('/')), /http:\/\/a\.example\/$/);
    await server.close();
  },
);

void t.test('new Request(request, …) takes ours, behind an await too', async (t) => {
  const server = await start(
    fromFetch(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/late') await sleep(1);
      request.headers.set('x-seen', '1');
      const init =
        pathname === '/body'
          ? {
              method: 'PUT',
              body: (await request.text()).toUpperCase(),
              headers: { 'x-seen': '2' },
            }
          : undefined;
      const own = new Request(request, init);
      t.equal(own.constructor, before.Request);
      t.ok(own instanceof Request);
      return new Response(`${own.method} ${own.headers.get('x-seen')} ${await own.text()}`);
    }),
  );
  for (const path of ['/', '/late'])
    t.match(await ask(server.port, post(path, 'ab')), /POST 1 ab$/);
  t.match(await ask(server.port, post('/body', 'ab')), /PUT 2 AB$/);
  await server.close();
  t.equal(globalThis.Request, before.Request);
});

void t.test('Hono’s bodyLimit, which makes a Request of the request', async (t) => {
  const app = new Hono().post('/', bodyLimit({ maxSize: 3 }), async (c) =>
    c.text(`ok ${await c.req.text()}`),
  );
  const server = await start(fromFetch(app));
  const chunked = (text: string) =>
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${text.length}\r\n${text}\r\n0\r\n\r\n`;
  t.match(await ask(server.port, chunked('abc')), /^HTTP\/1\.1 200 [^]*ok abc$/);
  t.match(await ask(server.port, chunked('abcd')), /^HTTP\/1\.1 413 /);
  await server.close();
});

void t.test('the second argument has the connection and what is behind the request', async (t) => {
  const server = await start(
    fromFetch({
      fetch: (_, { connection, request }) =>
        new Response(`${connection.remoteAddress} ${request.target}`),
    }),
  );
  t.match(await ask(server.port, get('/x?y')), /127\.0\.0\.1 \/x\?y$/);
  await server.close();
});

void t.test('the globals are what they were', async (t) => {
  const inside: unknown[] = [];
  const server = await start(
    fromFetch(async (request) => {
      const { Response: Lazy } = globalThis;
      t.ok(new Lazy() instanceof before.Response);
      t.ok(
        new before.Response() instanceof Lazy,
        'and a real one is an instance of what stands for it',
      );
      await sleep(1);
      inside.push(globalThis.Response, globalThis.Headers);
      if (request.url.endsWith('/throw')) throw new Error('x');
      return new Response('x');
    }),
  );
  await ask(server.port, get('/'));
  t.match(await ask(server.port, get('/throw')), '500');
  t.same(inside, [before.Response, before.Headers, before.Response, before.Headers]);
  t.equal(globalThis.Response, before.Response);
  t.equal(globalThis.Request, before.Request, 'where no response is under way');
  await server.close();
});

void t.test(
  'what fetch() got from another server is passed on: framed anew, and decoded',
  async (t) => {
    const upstream = createServer((request, response) => {
      response.setHeader('X-Own', 'kept');
      response.setHeader('Keep-Alive', 'timeout=5');
      response.setHeader('Connection', 'X-Hop');
      response.setHeader('X-Hop', '1');
      if (request.url === '/gzip') {
        response.setHeader('Content-Encoding', 'gzip');
        response.end(gzipSync('zipped'));
      } else {
        response.write('in ');
        response.end('chunks');
      }
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const from = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const server = await start(
      fromFetch(async (request) => {
        const { pathname } = new URL(request.url);
        const response = await fetch(from + pathname);
        return pathname === '/copy'
          ? new Response(response.body, { headers: response.headers })
          : response;
      }),
    );
    for (const [path, text] of [
      ['/gzip', 'zipped'],
      ['/', 'in chunks'],
    ]) {
      const answer = await ask(server.port, get(path));
      t.match(answer, /^HTTP\/1\.1 200 /);
      t.match(answer, /x-own: kept/i);
      t.notMatch(answer, /x-hop|keep-alive|content-encoding/i);
      t.ok(answer.replaceAll(/\r\n[0-9a-f]+\r\n/g, '').includes(text), answer);
    }
    t.match(await ask(server.port, get('/copy')), /^HTTP\/1\.1 200 /);
    await server.close();
    upstream.closeAllConnections();
    upstream.close();
  },
);

void t.test('a Response keeps what it was given as it was then', async (t) => {
  const bytes = Buffer.from('0');
  const headers: Record<string, string> = { 'x-n': ' 0 ' };
  let release = (): void => {};
  const first = new Promise<void>((resolve) => (release = resolve));
  const server = await start(
    fromFetch((request) => {
      const { search } = new URL(request.url);
      if (search === '?0') return first.then(() => new Response('first'));
      bytes.write(search.slice(1));
      headers['x-n'] = `${search.slice(1)} `;
      if (search === '?3') setImmediate(release);
      return new Response(search === '?2' ? new Uint8Array(bytes).buffer : bytes, { headers });
    }),
  );
  const client = new Client(server.port);
  const text = await client.send([0, 1, 2, 3].map((n) => get(`/?${n}`)).join('')).responses(4);
  t.same(
    [...text.matchAll(/x-n: (.*)\r\n[^]*?\r\n\r\n(.)/g)].map(([, n, body]) => n + body),
    ['11', '22', '33'],
  );
  client.destroy();
  await server.close();
});

void t.test(
  'a Response refuses what the standard’s refuses, and takes what it takes',
  async (t) => {
    const server = await start(
      fromFetch(() => {
        t.equal(new Response(null, { status: '201' as unknown as number }).status, 201);
        t.throws(() => new Response('', { headers: { 'a b': '1' } }), TypeError);
        t.throws(() => new Response('', { headers: { a: 'b\r\nc: d' } }), TypeError);
        t.equal(new Response('', { headers: { a: ' b\t' } }).headers.get('a'), 'b');
        return new Response('done', { headers: { 'x-odd!': '1', 'x-latin': 'é' } });
      }),
    );
    t.match(await ask(server.port, get('/')), /x-odd!: 1[^]*done$/);
    await server.close();
  },
);
