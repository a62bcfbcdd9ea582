/** What a handler sends, as GET and HEAD, HTTP/1.1 and HTTP/1.0 hear it, in every mode; and that the next one is served. */
import assert from 'node:assert/strict';
import t from 'tap';
import type { Server } from '../../src/serve.ts';
import { connectTo, type Client } from '../modes/support/client.ts';
import { forEveryMode, serveWith } from '../modes/support/combos.ts';
import { before } from '../modes/support/wait.ts';
import { answersIn, type Answer } from './answers.ts';
import { REPLIES, type Reply } from './replies.ts';

const NEXT = 'GET /text HTTP/1.1\r\nHost: a\r\n\r\n';
const FRAMES = new Set(['connection', 'content-length', 'transfer-encoding']);

void t.test('replies', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'], unless: inSingle }, async (t, combo) => {
    const handler = new URL('./handlers/replies.ts', import.meta.url);
    const server = await serveWith(t, combo, { handler });
    for (const [name, reply] of Object.entries(REPLIES)) {
      const target = `/${encodeURIComponent(name)}`;
      try {
        await asGet(server, target, reply);
        await asHead(server, target, reply);
        if (reply.breaks === true) await asOldBroken(server, target, reply);
        else await asOld(server, target, reply);
      } catch (error) {
        throw new Error(`the reply "${name}"`, { cause: error });
      }
    }
    t.pass(`${Object.keys(REPLIES).length} replies`);
  });
});

function inSingle({ mode, readPath }: { mode: string; readPath: string }): string | undefined {
  return readPath === 'fast' || mode === 'single' ? undefined : 'in single alone';
}

async function tell(server: Server, text: string): Promise<string> {
  const client = await connectTo(server);
  await client.write(text);
  const received = await client.finish();
  client.socket.destroy();
  return received.toString('latin1');
}

async function asGet(server: Server, target: string, reply: Reply): Promise<void> {
  const text = await tell(server, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`);
  if (reply.breaks !== undefined) {
    assertBroken(text, reply);
    return;
  }
  const [answer, next, ...more] = answersIn(text, ['GET', 'GET']);
  assertHead(answer, reply, reply.framing ?? 'length');
  assert.equal(answer.body, reply.body ?? '');
  assert.deepEqual(answer.trailers, reply.trailers ?? []);
  assert.equal(next.body, 'hello', 'the next one is served');
  assert.equal(more.length, 0);
}

async function asHead(server: Server, target: string, reply: Reply): Promise<void> {
  const text = await tell(server, `HEAD ${target} HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`);
  const [answer, next, ...more] = answersIn(text, ['HEAD', 'GET']);
  const { headStatus = reply.status ?? 200 } = reply;
  if (headStatus === (reply.status ?? 200)) assertHead(answer, reply, 'none');
  else assert.equal(answer.status, headStatus);
  assert.equal(next.body, 'hello', 'the next one is served');
  assert.equal(more.length, 0);
}

/** HTTP/1.0: no chunks, no trailers; and the connection ends. */
async function asOld(server: Server, target: string, reply: Reply): Promise<void> {
  const text = await tell(server, `GET ${target} HTTP/1.0\r\n\r\n${NEXT}`);
  const [answer, ...more] = answersIn(text, ['GET']);
  const framing = reply.framing === 'chunked' ? 'end' : (reply.framing ?? 'length');
  assertHead(answer, reply, framing);
  assert.equal(valueOf(answer, 'connection'), 'close');
  assert.equal(answer.body, reply.body ?? '');
  assert.equal(more.length, 0, 'nothing behind it is heard');
}

/** What ends with the connection and breaks off must not look complete (RFC 9112, 6.3 and 8): it is reset. */
async function asOldBroken(server: Server, target: string, reply: Reply): Promise<void> {
  const client = await connectTo(server);
  await client.write(`GET ${target} HTTP/1.0\r\n\r\n`);
  await before(client.ended, 'it ends');
  assert.equal(await wasReset(client), reply.length === undefined);
  client.socket.destroy();
}

/** Node 22 calls a reset behind bytes an end; the kernel takes nothing more after it, and after an end one write. */
async function wasReset(client: Client): Promise<boolean> {
  if ((await client.ended) === 'reset') return true;
  return new Promise((resolve) => {
    client.socket.write('x', (error) => resolve(error instanceof Error));
  });
}

function assertHead(answer: Answer, reply: Reply, framing: Answer['framing']): void {
  const { status = 200, headers = [], body = '' } = reply;
  assert.equal(answer.status, status);
  assert.deepEqual(
    answer.headers.filter(([name]) => !FRAMES.has(name.toLowerCase())),
    headers,
  );
  assert.equal(answer.framing, framing);
  const known = status !== 204 && status !== 304 && reply.framing !== 'chunked';
  const length = reply.length ?? (known ? body.length : undefined);
  assert.equal(valueOf(answer, 'content-length'), length?.toString());
}

/** What came is a beginning, and cannot be taken for the whole. */
function assertBroken(text: string, reply: Reply): void {
  const end = text.indexOf('\r\n\r\n') + 4;
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  const { body = '' } = reply;
  if (reply.framing === 'chunked') {
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
    const sent = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
    assert.ok(sent.startsWith(text.slice(end)), text);
  } else {
    assert.match(text, new RegExp(`\r\nContent-Length: ${reply.length}\r\n`));
    assert.ok(body.startsWith(text.slice(end)), text);
  }
}

function valueOf({ headers }: Answer, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}
