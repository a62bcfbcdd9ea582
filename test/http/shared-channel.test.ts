/**
 * A channel of all loops of a server, in every mode that takes handlers that push: whoever publishes, every client hears
 * of it, in one order; and whoever loses its connection goes on in another worker, or in one that replaces a dead one.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Server, ServeOptions } from '../../src/serve.ts';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { before, until } from '../modes/support/wait.ts';
import { EventClient } from './event-client.ts';

const needs = ['pushes'] as const;
/** In `shared` the one that is awake takes them all, for a while. */
const MOST_CLIENTS = 300;
/** The handler's. */
const HISTORY = 200;
const EVENT_BYTES = 500;
const BURST = 10;
/** For one burst, and no more. */
const BUS_LIMIT_BYTES = 1.2 * BURST * EVENT_BYTES;

let modules = 0;
/** Each time another module: servers in one process share no state. */
function handlerUrl(flags = ''): URL {
  modules += 1;
  return new URL(`./handlers/shared-channel.ts?${flags}#${modules}`, import.meta.url);
}

function start(
  t: Test,
  combo: Combo,
  flags = '',
  limits: ServeOptions['limits'] = {},
): Promise<Server> {
  const { capabilities } = combo.definition;
  return serveWith(t, combo, {
    handler: handlerUrl(flags),
    limits,
    ...(capabilities.includes('balance') ? { balance: 'round-robin' } : {}),
  });
}

const placeOf = (client: EventClient) => String(client.response.headers['x-where']);
const numbers = (client: EventClient) =>
  client.events.map(({ id }) => Number(id.split('-').at(-1)));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** A client in a place that is wanted; the others go. */
async function connectIn(
  server: Server,
  isWanted: (where: string) => boolean,
  lastEventId?: string,
): Promise<EventClient> {
  const others: EventClient[] = [];
  try {
    for (let i = 0; i < MOST_CLIENTS; i += 1) {
      const client = await EventClient.connect(server, '/news', lastEventId);
      if (isWanted(placeOf(client))) return client;
      others.push(client);
    }
    throw new Error(`${MOST_CLIENTS} connections went to ${placeOf(others[0])}, say`);
  } finally {
    for (const client of others) client.destroy();
  }
}

/** Undefined: the worker died of it. */
async function post(server: Server, path: string, body = ''): Promise<number | undefined> {
  const { host, port } = server.address as { host: string; port: number };
  const request = httpRequest({ host, port, path, method: 'POST', agent: false });
  request.end(body);
  try {
    const [response] = (await before(once(request, 'response'), `an answer to ${path}`)) as [
      IncomingMessage,
    ];
    response.resume();
    return response.statusCode;
  } catch {
    return undefined;
  }
}

t.test('a shared channel', async (t) => {
  await forEveryMode(t, { http: true, needs }, async (t, combo) => {
    const server = await start(t, combo);
    const isAlone = combo.definition.units.length === 0;
    const one = await connectIn(server, () => true);
    const home = placeOf(one);
    const isElsewhere = (where: string) => isAlone || where !== home;
    const other = await connectIn(server, isElsewhere);

    const texts = ['a', 'b', 'c', 'd'];
    await Promise.all(texts.map((text) => post(server, '/news/25', text)));
    server.publish('news', { data: 'from the program' });
    for (const client of [one, other]) {
      await client.untilEvents(101);
      t.same(numbers(client), range(1, 102), 'each, once, numbered');
      for (const text of texts) {
        const own = client.events.map(({ data }) => data).filter((data) => data.startsWith(text));
        t.same(
          own,
          range(0, 25).map((i) => `${text} ${i}`),
          'in the order of whoever published',
        );
      }
    }
    t.same(one.events, other.events, 'in one order for all');

    one.destroy();
    const { id } = one.events[96];
    t.equal(await post(server, '/news/10', 'meanwhile'), 202);
    const back = await connectIn(server, isElsewhere, id);
    t.equal(await post(server, '/news/10', 'later'), 202);
    await back.untilEvents(24);
    t.same(numbers(back), range(98, 122), 'it goes on where it was, in another worker');
    await other.untilEvents(121);
    t.same(back.events, other.events.slice(97), 'with the same events');

    const late = await connectIn(server, isElsewhere, 'another-7');
    await late.untilEvents(122);
    t.same(late.events[0], { type: 'gap', data: 'another-7', id: '' });
    t.same(numbers(late).slice(1), range(1, 122), 'an id of an earlier server: all that is kept');
    t.same(await server.close(), { forced: false });
    for (const client of [back, other, late]) {
      await client.untilEnd();
      t.ok(client.complete, 'the streams end in order');
    }
  });
});

const unless = ({ definition }: Combo) =>
  definition.units.length === 0 ? 'its loop is the one of this test' : undefined;

t.test('a worker that is slow', async (t) => {
  await forEveryMode(t, { http: true, needs, unless }, async (t, combo) => {
    const server = await start(t, combo, '', { busLimitBytes: BUS_LIMIT_BYTES });
    const one = await connectIn(server, () => true);
    const other = await connectIn(server, (where) => where !== placeOf(one));
    const clients = [one, other];
    const data = 'x'.repeat(EVENT_BYTES);
    let published = 0;
    const publish = async (count: number) => {
      const file = join(t.testdir({}), `awake-${published}`);
      const answer = post(server, '/sleep', file);
      await until(() => existsSync(`${file}.asleep`), 'a worker sleeps');
      const isUp = (client: EventClient) => numbers(client).at(-1) === published;
      for (let i = 0; i < count; i += BURST) {
        for (let j = 0; j < BURST; j += 1) server.publish('news', { data });
        published += BURST;
        await until(() => clients.some(isUp), 'the other one has everything');
      }
      writeFileSync(file, '');
      t.equal(await answer, 202);
      await until(() => clients.every(isUp), 'and the one that slept the last of it');
    };
    await publish(HISTORY - BURST);
    for (const client of clients) {
      t.same(numbers(client), range(1, published + 1), 'what is kept for it comes later');
    }
    await publish(4 * HISTORY);
    const [near, far] = clients.toSorted((a, b) => b.events.length - a.events.length);
    t.same(numbers(near), range(1, published + 1), 'nobody else misses anything');
    const gap = far.events.findIndex(({ type }) => type === 'gap');
    t.equal(far.events[gap].data, far.events[gap - 1].id, 'what is not is told');
    t.same(far.events.slice(gap + 1), near.events.slice(-HISTORY), 'all that is kept follows');
    t.same(far.events.slice(0, gap), near.events.slice(0, gap));
    const lost = published - (far.events.length - 1);
    await until(async () => {
      const { workers } = await server.stats();
      return workers.reduce((sum, { dropped }) => sum + dropped, 0) === lost;
    }, `${lost} are counted as dropped`);
  });
});

t.test('a worker that dies', async (t) => {
  await forEveryMode(t, { http: true, needs, unless }, async (t, combo) => {
    const server = await start(t, combo);
    const client = await connectIn(server, () => true);
    const home = placeOf(client);
    const other = await connectIn(server, (where) => where !== home);
    const known = new Set([home, placeOf(other)]);
    t.equal(await post(server, '/news/50', 'before'), 202);
    for (const one of [client, other]) await one.untilEvents(50);
    t.equal(await post(server, '/die'), undefined);
    await until(() => client.ended || other.ended, 'a stream ends with its worker');
    await until(async () => {
      const { workers } = await server.stats();
      return workers.some(({ restarts }) => restarts > 0) && workers.every(({ alive }) => alive);
    }, 'it is replaced');
    const lost = client.ended ? client : other;
    const isNew = (where: string) => !known.has(where);
    const back = await connectIn(server, isNew, lost.events[19].id);
    t.equal(await post(server, '/news/5', 'after'), 202);
    await back.untilEvents(35);
    t.same(numbers(back), range(21, 56), 'its successor knows what was published before it');
    back.destroy();
  });
});

t.test('what is refused', async (t) => {
  await forEveryMode(t, { http: true, needs }, async (t, combo) => {
    const wrong = { code: /PATTERNS_(PUSH|HANDLER)/, message: /declare `pushes: true`/ };
    await t.rejects(start(t, combo, 'mute'), wrong);
    const server = await start(t, combo, 'forgot');
    t.equal(await post(server, '/news/1'), 500, 'a channel that has joined no server');
  });
});
