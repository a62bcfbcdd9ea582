/** Event streams without a server: what waits, what is dropped, and what a channel remembers. */
import t from 'tap';
import { router } from './router.ts';
import { eventChannel } from './event-channel.ts';
import { EventHistory } from './event-history.ts';
import { encoded, EventBody, type BodyOptions } from './event-body.ts';
import { readSseOptions, sse, type EventStream } from './sse.ts';
import { HttpRequest } from '../protocols/http1/request.ts';
import type { HttpResponse } from '../protocols/http1/response.ts';

const usual: BodyOptions = { heartbeatMs: 0, queueLimitBytes: 100, slow: 'close' };
const kept = (id: string, n: number) => ({ id, ...event(n) });
const event = (n: number) => encoded(`data: ${n}\n\n`); // 9 bytes for one digit

async function pull(body: EventBody): Promise<string | undefined> {
  const { done, value } = await body.next();
  return done === true ? undefined : value;
}

function request(fields = ''): HttpRequest {
  const head = `Host: a\r\n${fields}`;
  return new HttpRequest('GET', '/', 1, true, false, head, 0, Buffer.alloc(0), '', undefined);
}

t.test('what waits goes out together, what comes while the reader waits at once', async (t) => {
  const body = new EventBody('', usual);
  t.equal(body.send({ data: '1' }), 'ok');
  t.equal(body.comment('two'), 'ok');
  t.equal(await pull(body), 'data: 1\n\n: two\n');
  t.equal(body.waitingBytes, 0);
  const next = pull(body);
  body.send({ data: '3' });
  body.send({ data: '4' });
  t.equal(await next, 'data: 3\n\n');
  body.close();
  t.equal(body.send({ data: '5' }), 'closed');
  t.equal(await pull(body), 'data: 4\n\n', 'what was sent before the end still goes');
  t.equal(await pull(body), undefined);
  t.equal(body.ended, 'server');
});

t.test('a reader that waits is told of the end; so are signal and drained()', async (t) => {
  const body = new EventBody('', usual);
  const { signal } = body;
  let ends = 0;
  body.begin(() => (ends += 1));
  const next = pull(body);
  await body.return();
  t.equal(await next, undefined);
  t.equal(body.ended, 'client');
  t.match(signal.reason, /the client went/);
  body.close();
  t.equal(ends, 1);
  t.equal(body.ended, 'client');
  const other = new EventBody('', usual);
  other.push(event(1));
  const drained = other.drained();
  await other.return();
  await drained;
  t.ok(other.signal.aborted, 'asked for afterwards');
});

t.test('slow readers', async (t) => {
  for (const slow of ['close', 'drop-oldest', 'drop-newest'] as const) {
    const body = new EventBody('', { ...usual, slow });
    const sent = [];
    for (let i = 0; i < 20; i += 1) {
      sent.push(body.push(event(i % 10)));
      t.ok(body.waitingBytes <= 100);
    }
    t.same(sent.slice(0, 5), ['ok', 'ok', 'ok', 'ok', 'ok']);
    t.same(
      sent.slice(5, 11),
      Array.from({ length: 6 }, () => 'wait'),
    );
    const text = await pull(body);
    const numbers = text?.match(/\d/g)?.join('');
    if (slow === 'close') {
      t.same(
        sent.slice(11),
        Array.from({ length: 9 }, () => 'closed'),
      );
      t.equal(text, undefined, 'what waited is let go');
      t.equal(body.ended, 'slow');
    } else {
      t.equal(body.dropped, 9);
      t.equal(numbers, slow === 'drop-oldest' ? '90123456789' : '01234567890');
      t.equal(body.push(event(1)), 'ok', 'and on it goes');
    }
  }
  const one = new EventBody('', usual);
  t.equal(one.push(encoded('x'.repeat(500))), 'wait', 'an event may be longer than the limit');
  t.equal(one.push(event(1)), 'closed');
});

t.test('heartbeats go to streams that had nothing', async (t) => {
  const body = new EventBody('', { ...usual, heartbeatMs: 5 });
  const alive = setInterval(() => {}, 1000); // the beat's own timer keeps no process
  t.equal(await pull(body), ':\n');
  t.equal(await pull(body), ':\n');
  await body.return();
  clearInterval(alive);
});

t.test('a history is bounded in number and in bytes', async (t) => {
  const history = new EventHistory(3, 1000);
  for (let i = 0; i < 10; i += 1) history.add(kept(`id${i}`, i));
  t.equal(history.length, 3);
  const texts = (id: string) =>
    history
      .afterId(id)
      ?.map(({ text }) => text.match(/\d/)![0])
      .join('');
  t.equal(texts('id9'), '');
  t.equal(texts('id7'), '89');
  t.equal(texts('id6'), '789', 'nothing behind it is gone');
  t.equal(texts('id5'), undefined);
  t.equal(texts('what'), undefined);
  t.equal(history.all().length, 3);
  const small = new EventHistory(100, 30);
  for (let i = 0; i < 10; i += 1) small.add(kept(`id${i}`, i));
  t.equal(small.length, 3, '27 bytes');
  small.add({ id: 'large', ...encoded('x'.repeat(100)) });
  t.equal(small.length, 1, 'the last one is kept');
  const none = new EventHistory(0, 100);
  none.add(kept('a', 1));
  t.equal(none.length, 0);
  t.same(none.afterId('a'), [], 'who has the last one has missed nothing');
  const twice = new EventHistory(2, 1000);
  for (const id of ['a', 'a', 'b']) twice.add(kept(id, 1));
  t.equal(twice.afterId('a')?.length, 1, 'an id that was given twice means the later one');
});

async function read(response: HttpResponse): Promise<string> {
  const body = response.body as EventBody;
  return (await pull(body)) ?? '';
}

t.test('a channel: ids of its own, resumption, and the gap', async (t) => {
  const channel = eventChannel({ history: 3 });
  const ids = Array.from({ length: 5 }, (_, i) => channel.publish({ data: String(i) }));
  t.match(ids[4], /^[\w-]{8}-5$/);
  const fresh = channel.respond(request());
  t.equal(channel.size, 1);
  const resumed = channel.respond(request(`Last-Event-ID: ${ids[2]}\r\n`));
  t.equal(await read(resumed), `id: ${ids[3]}\ndata: 3\n\nid: ${ids[4]}\ndata: 4\n\n`);
  const late = channel.respond(request(`Last-Event-ID: ${ids[0]}\r\n`));
  t.match(
    await read(late),
    new RegExp(`^event: gap\ndata: ${ids[0]}\n\nid: ${ids[2]}\n[^]*data: 4`),
  );
  t.equal(channel.publish({ id: 'x', data: 'by its own id' }), 'x');
  t.equal(await read(fresh), 'id: x\ndata: by its own id\n\n');
  t.throws(() => channel.publish({ id: 'a\nb', data: '' }), TypeError);
  channel.publish({ event: 'last', data: 'one' });
  channel.close();
  t.match(await read(resumed), /by its own id[^]*event: last/);
  t.equal(await read(resumed), '');
  t.equal(channel.size, 0);
  t.same(channel.respond(request()), { status: 204 });
});

t.test('Last-Event-ID is UTF-8', async (t) => {
  const channel = eventChannel();
  channel.publish({ id: '✓', data: 'a' });
  channel.publish({ data: 'b' });
  const latin1 = Buffer.from('✓').toString('latin1');
  t.match(
    await read(channel.respond(request(`Last-Event-ID: ${latin1}\r\n`))),
    /^id: .*\ndata: b\n\n$/,
  );
});

t.test('the response, ours and the web’s', async (t) => {
  let stopped = 0;
  const start = (stream: EventStream) => {
    stream.send({ data: stream.lastEventId });
    return () => {
      stopped += 1;
    };
  };
  const options = { retryMs: 5, headers: { 'Cache-Control': 'no-cache', 'x-a': 'b' } };
  const ours = sse(request('Last-Event-ID: 7\r\n'), start, options);
  t.same(ours.headers, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-a': 'b',
  });
  t.equal(await read(ours), 'retry: 5\n\ndata: 7\n\n');
  await (ours.body as EventBody).return();
  t.equal(stopped, 1);

  const web = sse(new Request('http://a/', { headers: { 'last-event-id': '7' } }), start);
  t.equal(web.headers.get('content-type'), 'text/event-stream');
  const reader = web.body!.getReader();
  t.equal(Buffer.from((await reader.read()).value ?? '').toString(), 'data: 7\n\n');
  await reader.cancel();
  t.equal(stopped, 2);

  sse(request(), (stream) => {
    stream.close();
    return () => (stopped += 1);
  });
  t.equal(stopped, 3, 'one that is over before it began');
  t.throws(
    () =>
      sse(request(), () => {
        throw new Error('no');
      }),
    /no/,
  );
});

t.test('options that cannot be', async (t) => {
  for (const options of [
    { slow: 'wait' },
    { heartbeatMs: -1 },
    { queueLimitBytes: 0 },
    { retryMs: 0.5 },
    { headers: ['a'] },
    { other: 1 },
  ]) {
    t.throws(() => readSseOptions(options as never), { code: 'PATTERNS_OPTION' });
    t.throws(() => eventChannel(options as never), { code: 'PATTERNS_OPTION' });
  }
  t.throws(() => eventChannel({ history: -1 }), { code: 'PATTERNS_OPTION' });
  t.throws(() => eventChannel({ name: '' }), { code: 'PATTERNS_TOPIC' });
  t.throws(() => eventChannel({ name: 'a', history: -1 }), { code: 'PATTERNS_OPTION' });
  t.doesNotThrow(() => router().get('/', (request) => eventChannel().respond(request)));
});
