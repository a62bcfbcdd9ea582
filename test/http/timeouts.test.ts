/** RFC 9110, 15.5.9: 408 for requests that take too long, however they drip. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { defineHandler } from '../../src/handler.ts';
import { http, type HttpOptions } from '../../src/protocols/http1/http.ts';
import { Client, start } from './exchange.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function withServer(
  options: HttpOptions,
  run: (open: () => Client) => Promise<void>,
): Promise<void> {
  const server = await start(
    defineHandler({
      protocol: http(options),
      async message(request) {
        let length = 0;
        for await (const piece of request.stream()) {
          length += piece.length;
          if (request.path === '/slow') await sleep(400);
        }
        return { body: String(length) };
      },
      error() {},
    }),
    { limits: { idleTimeoutMs: 60_000 } },
  );
  const clients: Client[] = [];
  await run(() => {
    clients.push(new Client(server.port));
    return clients.at(-1)!;
  });
  for (const client of clients) client.destroy();
  await server.close();
}

/** Sends a byte every 50 ms until the server ends the connection. */
async function drip(client: Client, text: string): Promise<{ answer: string; ms: number }> {
  const startedMs = performance.now();
  for (const char of text) {
    if (client.ended) break;
    client.send(char);
    await sleep(50);
  }
  return { answer: await client.rest(), ms: performance.now() - startedMs };
}

for (const body of ['collect', 'stream'] as const) {
  void t.test(body, { jobs: 4 }, async (t) => {
    const options = { body, headTimeoutMs: 500, requestTimeoutMs: 1500 };

    void t.test('a head that drips', async (t) => {
      await withServer(options, async (open) => {
        const client = open();
        t.match(await client.send(GET).responses(), '200');
        const { answer, ms } = await drip(client, `GET /${'x'.repeat(60)}`);
        t.match(answer, /^HTTP\/1.1 408 Request Timeout\r\n[^]*Connection: close/);
        t.ok(ms > 400 && ms < 2500, `after ${ms} ms`);
      });
    });

    void t.test('a head that stops', async (t) => {
      await withServer(options, async (open) => {
        t.match(await open().send('GET / HT').rest(), 'HTTP/1.1 408');
      });
    });

    void t.test('a body that drips', async (t) => {
      await withServer(options, async (open) => {
        const { answer, ms } = await drip(
          open().send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n'),
          'x'.repeat(80),
        );
        t.match(answer, /^HTTP\/1.1 408 Request Timeout\r\n[^]*Connection: close/);
        t.equal(answer.match(/HTTP/g)?.length, 1);
        t.ok(ms > 1300 && ms < 4000, `after ${ms} ms`);
      });
    });

    void t.test(
      'a connection that is idle, or busy with one request after the other, is left alone',
      async (t) => {
        // A busy machine may hold the loop up for longer than 500 ms.
        await withServer({ ...options, headTimeoutMs: 1500 }, async (open) => {
          const idle = open();
          const busy = open();
          // There is always the beginning of the next one.
          busy.send(GET.slice(0, 10));
          for (let i = 0; i < 30; i += 1) {
            busy.send(GET.slice(10) + GET.slice(0, 10));
            t.match(await busy.responses(), '200');
            await sleep(100);
          }
          t.match(await idle.send(GET).responses(), '200');
        });
      },
    );
  });
}

void t.test('the time a handler takes to read does not count', async (t) => {
  await withServer({ body: 'stream', requestTimeoutMs: 700 }, async (open) => {
    const client = open();
    client
      .send('POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n')
      .send('x'.repeat(399_999));
    await sleep(1200);
    t.equal(client.text, '');
    client.send('y');
    t.match(await client.responses(), '400000');
  });
});
