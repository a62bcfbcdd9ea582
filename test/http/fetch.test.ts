/** fetch handlers: the same as with a real Request and Response, lazily, and with the globals as they were. */
import { setTimeout as sleep } from 'node:timers/promises';
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

void t.test('the signal aborts when the client goes', async (t) => {
  let signal: AbortSignal | undefined;
  const server = await start(
    fromFetch(async (request) => {
      ({ signal } = request);
      await sleep(1000, undefined, { signal });
      return new Response();
    }),
  );
  const client = new Client(server.port);
  client.send(get('/'));
  await until(() => signal !== undefined);
  t.notOk(signal!.aborted);
  client.destroy();
  await until(() => signal!.aborted);
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
      inside.push(globalThis.Response, globalThis.Request, globalThis.Headers);
      if (request.url.endsWith('/throw')) throw new Error('x');
      return new Response('x');
    }),
  );
  await ask(server.port, get('/'));
  t.match(await ask(server.port, get('/throw')), '500');
  t.same(inside, [
    before.Response,
    before.Request,
    before.Headers,
    before.Response,
    before.Request,
    before.Headers,
  ]);
  t.equal(globalThis.Response, before.Response);
  await server.close();
});
