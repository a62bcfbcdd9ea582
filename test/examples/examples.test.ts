/** Every example, in every mode that takes it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { json, text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { connectTo, type Client } from '../modes/support/client.ts';
import { EventClient } from '../http/event-client.ts';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { before } from '../modes/support/wait.ts';
import type { Server } from '../../src/serve.ts';

const CLIENTS = 6;

const exampleUrl = (name: string) => new URL(`../../examples/${name}.ts`, import.meta.url);

/** Once for each of these modes, by its first unit: what differs between the others is tested above. */
function others(...names: readonly string[]) {
  return ({ mode, unit, definition }: Combo): string | undefined =>
    names.includes(mode) && unit === definition.units[0] ? undefined : 'another mode shows it';
}

/** Where a connection keeps a thread, there are fewer threads than clients here. */
function agentFor(t: Test, { mode }: Combo): http.Agent {
  const agent = new http.Agent({ keepAlive: mode !== 'blocking', maxSockets: CLIENTS });
  t.teardown(() => agent.destroy());
  return agent;
}

/** `test` for each of some clients at once. */
async function withClients(test: (number: number) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => test(i)));
}

async function serveExample(t: Test, combo: Combo, name: string): Promise<Server> {
  return serveWith(t, combo, { handler: exampleUrl(name) });
}

void t.test('echo', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const server = await serveExample(t, combo, 'echo');
    await withClients(async (i) => {
      const client = await connectTo(server);
      const lines = `first ${i}\nsecond ${i}\n`;
      await client.write(lines);
      t.equal((await client.finish()).toString(), lines);
    });
  });
});

void t.test('counter', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const server = await serveExample(t, combo, 'counter');
    await withClients(async (i) => {
      const client = await connectTo(server);
      await client.write('abc\n');
      await client.untilText('line 1, 3 characters so far\n');
      await client.write(`${'x'.repeat(i)}\n`);
      t.match((await client.finish()).toString(), `line 2, ${3 + i} characters so far\n`);
    });
  });
});

void t.test('chat', async (t) => {
  await forEveryMode(t, { needs: ['pushes'] }, async (t, combo) => {
    const server = await serveExample(t, combo, 'chat');
    const guests: Client[] = [];
    for (let i = 0; i < CLIENTS; i += 1) {
      const guest = await connectTo(server);
      await guest.write(`no name\nguest${i}\nhello?\n/join no/room\n/join tea\n`);
      await guest.untilText('you are in tea\n');
      guests.push(guest);
    }
    const [ann, bob, ...others] = guests;
    t.match(ann.text, /^your name, please.*\nwelcome, guest0: (.*)\n\1\na room has /);
    for (const i of guests.keys()) if (i > 0) await ann.untilText(`tea * guest${i} is here\n`);
    await ann.write('more tea?\n');
    for (const guest of [bob, ...others]) await guest.untilText('tea <guest0> more tea?\n');
    t.notMatch(ann.text, 'more tea?', 'nobody hears himself');
    await bob.write('/join coffee\nalone?\n/shout coffee!\n/nothing\n');
    await bob.untilText('you are in coffee\n');
    for (const guest of [ann, ...others]) {
      await guest.untilText('tea * guest1 has left\n');
      await guest.untilText('* guest1: coffee!\n');
      t.notMatch(guest.text, 'alone?', 'a room hears itself alone');
    }
    await ann.write('/quit\n');
    t.equal(await before(ann.ended, 'the end'), 'end');
    ann.end();
    for (const guest of others) await guest.untilText('tea * guest0 has left\n');
    t.notMatch(bob.text, 'guest0 has left');
    for (const guest of guests) guest.end();
    t.same(await server.close(), { forced: false });
  });
});

const hasCurl = spawnSync('curl', ['--version']).error === undefined;

void t.test('http', async (t) => {
  await forEveryMode(t, { needs: ['socket-handler'] }, async (t, combo) => {
    const server = await serveExample(t, combo, 'http');
    const agent = agentFor(t, combo);
    await withClients(async (i) => {
      t.match(await text(await ask(server, agent, '/')), /^hello from process \d+\n$/);
      const body = `body ${i} `.repeat(10_000);
      t.ok((await text(await ask(server, agent, '/', body))) === body);
    });
    await curl(t, server);
    t.same(await server.close(), { forced: false });
  });
});

/** What curl gets: a GET, then a POST on the same connection. */
async function curl(t: Test, server: Server): Promise<void> {
  if (!hasCurl) return t.comment('curl is not installed');
  const url = server.url.replace('tcp:', 'http:');
  const options = ['-sS', '--noproxy', '*', '--max-time', '60'];
  const args = [...options, url, '--next', ...options, '-d', 'and back', url];
  const child = spawn('curl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  t.equal(code, 0);
  t.match(out, /^hello from process \d+\nand back$/);
}

for (const name of ['fastify', 'express']) {
  void t.test(name, async (t) => {
    await forEveryMode(t, { needs: ['socket-handler'] }, async (t, combo) => {
      const server = await serveExample(t, combo, name);
      const agent = agentFor(t, combo);
      await withClients(async (i) => {
        t.match(await json(await ask(server, agent, '/')), { hello: 'world', pid: Number });
        const numbers = Array.from({ length: 1000 }, (_, at) => at * i);
        t.same(await json(await ask(server, agent, '/sum', JSON.stringify(numbers))), {
          sum: 499_500 * i,
        });
      });
      t.same(await server.close(), { forced: false });
    });
  });
}

void t.test('sse', async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'] }, async (t, combo) => {
    const handler = exampleUrl('sse');
    const server = await serveWith(t, combo, { handler, data: { tickMs: 20 } });
    const first = await EventClient.connect(server, '/clock');
    const [{ data }, { id }] = await first.untilEvents(3);
    t.equal(new Date(data).toISOString(), data);
    first.destroy();
    const second = await EventClient.connect(server, '/clock', id);
    const [epoch, number] = idOf(id);
    t.same(
      (await second.untilEvents(10)).slice(0, 10).map((event) => idOf(event.id)),
      Array.from({ length: 10 }, (_, i) => [epoch, number + 1 + i]),
      'on goes what was missed, in whichever loop',
    );
    second.destroy();
  });
});

void t.test('hono', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const server = await serveExample(t, combo, 'hono');
    const agent = agentFor(t, combo);
    await withClients(async (i) => {
      t.equal(await text(await ask(server, agent, '/')), 'hello');
      t.same(await json(await ask(server, agent, `/users/${i}`)), { id: String(i) });
      t.same(await json(await ask(server, agent, '/sum', '[1,2,3.5]')), { sum: 6.5 });
      t.equal(await text(await ask(server, agent, '/stars')), '*\n**\n***\n');
      const missing = await ask(server, agent, '/none');
      t.equal(missing.statusCode, 404);
      missing.resume();
    });
    t.same(await server.close(), { forced: false });
  });
});

void t.test('router', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const server = await serveExample(t, combo, 'router');
    const agent = agentFor(t, combo);
    await withClients(async (i) => {
      t.equal(await text(await ask(server, agent, '/')), 'hello\n');
      t.same(await json(await ask(server, agent, `/users/${i}`)), { id: String(i) });
      const body = `{"text":"${'x'.repeat(i * 10_000)}"}`;
      t.ok((await text(await ask(server, agent, '/echo', body))) === body);
    });
    t.same(await server.close(), { forced: false });
  });
});

void t.test('ws-echo', async (t) => {
  await forEveryMode(t, { http: true }, async (t, combo) => {
    const server = await serveExample(t, combo, 'ws-echo');
    const page = await text(await ask(server, agentFor(t, combo), '/'));
    t.match(page, /new WebSocket/);
    await withClients(async (i) => {
      const url = `${server.url.replace('tcp:', 'ws:')}/rooms/r${i}`;
      const socket = new WebSocket(url);
      await before(once(socket, 'open'), 'it opens');
      const answer = once(socket, 'message') as Promise<[{ data: string }]>;
      socket.send('hi');
      t.equal((await before(answer, 'an answer'))[0].data, `r${i} 1: hi`);
      const closed = once(socket, 'close') as Promise<[CloseEvent]>;
      socket.close(4000);
      t.match((await before(closed, 'it closes'))[0], { code: 4000, wasClean: true });
    });
  });
});

async function ask(server: Server, agent: http.Agent, path: string, body?: string) {
  const { port } = server.address as { port: number };
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { 'Content-Type': 'application/json' };
  const request = http.request({ host: '127.0.0.1', port, path, agent, method, headers });
  request.end(body);
  const [response] = await before(once(request, 'response'), 'an answer');
  return response as http.IncomingMessage;
}

void t.test('embed', async (t) => {
  await forEveryMode(t, { unless: others('single', 'sharded', 'dispatched') }, async (t, combo) => {
    const args = ['--conditions=patterns-source', fileURLToPath(exampleUrl('embed')), combo.mode];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout });
    const said: string[] = [];
    lines.on('line', (line) => said.push(line));
    await before(once(lines, 'line'), 'the first line');
    const [, port] = /^listening on tcp:\/\/127.0.0.1:(\d+), \d+ workers$/.exec(said[0]) ?? [];
    const client = await connectTo({ host: '127.0.0.1', port: Number(port) });
    await client.write('abc\n');
    await client.untilText('line 1, 3 characters so far\n');
    child.kill('SIGTERM');
    t.equal(await before(client.ended, 'the end'), 'end');
    client.end();
    const [code] = await before(once(child, 'close'), 'the program ends');
    t.equal(code, 0);
    t.equal(said.at(-1), 'closed');
  });
});

void t.test('embed says what is wrong', async (t) => {
  const args = ['--conditions=patterns-source', fileURLToPath(exampleUrl('embed')), 'poled'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  t.equal(status, 2);
  t.match(stderr, /PATTERNS_OPTION: mode is "poled".*Did you mean "pooled"\?/);
});

/** `<random>-<number>`. */
function idOf(id: string): readonly [string, number] {
  const at = id.lastIndexOf('-');
  return [id.slice(0, at), Number(id.slice(at + 1))];
}
