/** undici runs clean against every mode: pipelining, streams both ways, and an answer that is aborted. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { Client } from 'undici';
import type { ModeName } from '../../../src/modes/index.ts';
import { until } from '../../modes/support/wait.ts';
import { errorsOf, forEveryServer, type Served } from './support.ts';

void t.test('undici', async (t) => {
  await forEveryServer(t, async (t, { mode, server, url }) => {
    const client = new Client(url, {
      pipelining: 10,
      bodyTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 50, // so long it keeps a connection whose answer was aborted
    });
    t.teardown(() => client.destroy());
    await pipelines(t, client);
    await streamsBack(t, client, mode);
    await aborts(t, server, client);
    await client.close();
    t.equal(await errorsOf(server), 0, 'errors that the server counted');
    await server.close();
  });
});

async function pipelines(t: Test, client: Client): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const path = i % 3 === 0 ? `/stream/${i % 5}` : `/users/${i}`;
      const { statusCode, body } = await client.request({ method: 'GET', path });
      return [statusCode, await body.text()];
    }),
  );
  answers.forEach((answer, i) => {
    const pieces = Array.from({ length: i % 5 }, (_, piece) => `piece ${piece};`).join('');
    assert.deepEqual(answer, [200, i % 3 === 0 ? pieces : `user ${i}`]);
  });
  t.pass('pipelined, each has its own answer');
}

/** Each piece is sent when the one before it has come back, in the modes that read bodies while they come. */
async function streamsBack(t: Test, client: Client, mode: ModeName): Promise<void> {
  const lockstep = mode !== 'dispatched' && mode !== 'blocking';
  const pieces = ['first;', 'second;', `${'x'.repeat(100_000)};`, 'last;'];
  let heard = '';
  async function* sent(): AsyncGenerator<string> {
    let due = '';
    for (const piece of pieces) {
      const sofar = due;
      if (lockstep) await until(() => heard === sofar, 'what was sent comes back');
      due += piece;
      yield piece;
    }
  }
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: '/back',
    body: Readable.from(sent()),
  });
  body.setEncoding('utf8');
  for await (const piece of body) heard += piece as string;
  t.equal(statusCode, 200);
  t.equal(heard, pieces.join(''), 'streamed both ways');
}

async function aborts(t: Test, server: Served['server'], client: Client): Promise<void> {
  const abort = new AbortController();
  const { body } = await client.request({ method: 'GET', path: '/endless', signal: abort.signal });
  let length = 0;
  const reading = async () => {
    for await (const piece of body) {
      length += (piece as Buffer).length;
      if (length > 300_000) abort.abort();
    }
  };
  await t.rejects(reading, { name: 'AbortError' });
  await until(async () => {
    const { workers } = await server.stats();
    return workers.every(({ open }) => open === 0);
  }, 'the aborted connection is closed');
  const again = await client.request({ method: 'GET', path: '/' });
  t.equal(`${again.statusCode} ${await again.body.text()}`, '200 hello', 'the next one is served');
}
