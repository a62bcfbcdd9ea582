/** Event streams in every mode: fields, resumption, heartbeats, clients that go and clients that do not read. */
import t from 'tap';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { Log } from '../modes/support/log.ts';
import { until } from '../modes/support/wait.ts';
import { EventClient } from './event-client.ts';

let modules = 0;
/** Each time another module: servers in one process share no state. */
function handlerUrl(name: string): URL {
  modules += 1;
  return new URL(`./handlers/${name}.ts#${modules}`, import.meta.url);
}

const unread = ({ mode }: Combo) =>
  mode === 'blocking'
    ? 'a write to a client that does not read keeps the thread, and its timers with it'
    : undefined;

const unreported = ({ mode }: Combo) =>
  mode === 'native'
    ? 'what fails behind the end of a stream is logged there, not counted'
    : undefined;

t.test('streams', async (t) => {
  await forEveryMode(t, { http: true, readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const log = new Log(t);
    const data = { log: log.path };
    const server = await serveWith(t, combo, { handler: handlerUrl('events'), data });

    const fields = await EventClient.connect(server, '/fields', '7é7');
    t.same(
      await fields.untilEnd(),
      [
        { type: 'one', data: 'first\nsecond', id: '✓' },
        { type: 'message', data: 'you had "7é7"', id: '✓' },
      ],
      'every field arrives',
    );
    t.ok(fields.complete, 'and the end is in order');
    t.equal(fields.parser.retryMs, 1234);
    t.equal(fields.parser.comments, 1);
    t.equal(fields.response.headers['content-type'], 'text/event-stream');
    t.equal(fields.response.headers['cache-control'], 'no-store');

    const later = await EventClient.connect(server, '/later/50');
    const numbers = (await later.untilEnd()).map(({ id }) => Number(id));
    t.same(
      numbers,
      Array.from({ length: 50 }, (_, i) => i + 1),
      'events that come later',
    );

    const resumed = await EventClient.connect(server, '/channel', '17');
    t.same(
      (await resumed.untilEvents(3)).map(({ data }) => data),
      ['event 18', 'event 19', 'event 20'],
      'whoever comes back gets what came meanwhile',
    );
    const late = await EventClient.connect(server, '/channel', '3');
    const [gap, ...kept] = await late.untilEvents(11);
    t.same(gap, { type: 'gap', data: '3', id: '' });
    t.equal(kept[0].data, 'event 11', 'and where that is gone, is told so');
    resumed.destroy();
    late.destroy();

    const waiting = await EventClient.connect(server, '/wait');
    await until(() => waiting.parser.comments >= 3, 'heartbeats arrive');
    waiting.destroy();
    await log.has('stopped');
    await log.has('aborted client');
    t.equal(log.count('stopped'), 1, 'the handler hears that the client went');
  });
});

/** Which stream, and what its handler notes down before its client goes. */
const LATE = [
  ['signal', 'waits to be told'],
  ['late', 'waits to fail'],
  ['end', 'will fail'],
] as const;

t.test('a start that rejects ends its stream, and nothing else', async (t) => {
  await forEveryMode(t, { http: true, unless: unreported }, async (t, combo) => {
    const log = new Log(t);
    const server = await serveWith(t, combo, {
      handler: handlerUrl('events'),
      data: { log: log.path },
    });
    const early = await EventClient.connect(server, '/rejects/early');
    t.same(
      (await early.untilEnd()).map(({ data }) => data),
      ['first'],
      'what was sent before still arrives',
    );
    t.notOk(early.complete, 'and the stream breaks off');
    await log.has('it rejects early');

    // A thread that waits learns that its client has gone by its next heartbeat, after 15 s.
    const late = combo.mode === 'blocking' ? [] : LATE;
    for (const [when, noted] of late) {
      const client = await EventClient.connect(server, `/rejects/${when}`);
      await log.has(noted);
      client.reset();
    }
    if (late.length > 0) {
      await log.has('it rejects late');
      await log.has('its end rejects');
    }
    const other = await EventClient.connect(server, '/later/5');
    t.equal((await other.untilEnd()).length, 5, 'the others are served');
    let sums = '';
    await until(
      async () => {
        const { workers } = await server.stats();
        const sum = (name: 'errors' | 'restarts') =>
          workers.reduce((all, one) => all + one[name], 0);
        sums = `${sum('errors')} errors, ${sum('restarts')} restarts`;
        return sums === `${late.length === 0 ? 1 : 3} errors, 0 restarts`;
      },
      () =>
        `each is counted once, and no worker died; that the client went is no error: ${sums}, ${log.lines.join(', ')}`,
    );
  });
});

t.test('clients that do not read', async (t) => {
  await forEveryMode(t, { http: true, unless: unread }, async (t, combo) => {
    const log = new Log(t);
    const data = { log: log.path };
    const server = await serveWith(t, combo, { handler: handlerUrl('events'), data });
    const slow = await EventClient.connect(server, '/flood/close');
    slow.response.pause();
    await log.has('close slow bounded');
    const other = await EventClient.connect(server, '/later/5');
    t.equal((await other.untilEnd()).length, 5, 'nobody else notices');
    slow.response.resume();
    await slow.untilEnd();
    t.ok(slow.complete, 'what was under way still arrives, and then the end');

    for (const policy of ['drop-oldest', 'drop-newest']) {
      const client = await EventClient.connect(server, `/flood/${policy}`);
      client.response.pause();
      await log.has(`${policy} server bounded`);
      client.response.resume();
      const numbers = (await client.untilEnd()).map(({ data }) => Number.parseInt(data, 10));
      t.same(
        numbers,
        numbers.toSorted((a, b) => a - b),
        'in order',
      );
      const holes = numbers.filter((number, i) => i > 0 && number !== numbers[i - 1] + 1).length;
      t.ok(holes > 0 || policy === 'drop-newest', `${policy}: ${numbers.join()}`);
    }
  });
});

t.test('a server that stops', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    for (const handler of ['events', 'events-fetched']) {
      const log = new Log(t);
      const data = { log: log.path };
      const server = await serveWith(t, combo, { handler: handlerUrl(handler), data });
      const clients = await Promise.all(
        ['1', '2'].map((id) => EventClient.connect(server, '/channel', id)),
      );
      await clients[0].untilEvents(1);
      t.same(await server.close(), { forced: false }, 'ends the streams, and waits for none');
      for (const client of clients) {
        await client.untilEnd();
        t.ok(client.complete, 'in order');
      }
    }
  });
});

t.test('out of a fetch handler', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const server = await serveWith(t, combo, { handler: handlerUrl('events-fetched') });
    const fields = await EventClient.connect(server, '/', '7é7');
    t.same(await fields.untilEnd(), [
      { type: 'one', data: 'first\nsecond', id: '1' },
      { type: 'message', data: 'you had "7é7"', id: '1' },
    ]);
    const resumed = await EventClient.connect(server, '/channel', '3');
    t.same(
      (await resumed.untilEvents(2)).map(({ id }) => id),
      ['4', '5'],
    );
    resumed.destroy();
  });
});
