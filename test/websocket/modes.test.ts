/** The opening handshake, messages and both closing orders over real sockets, by RFC 6455's sections, in every mode; `native` has the sections in test/native/talks.test.ts. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { connectTo, type Client } from '../modes/support/client.ts';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { Log } from '../modes/support/log.ts';
import { before } from '../modes/support/wait.ts';
import type { Server } from '../../src/serve.ts';
import { handshake, HANDSHAKES, read, TALKS, type Fields } from './cases.ts';
import { close, text } from './support.ts';

async function talk(server: Server, path: string, pieces: readonly Buffer[]): Promise<string[]> {
  const client = await connectTo(server);
  await client.writeInPieces(pieces);
  const all = await client.finish();
  const head = all.indexOf('\r\n\r\n');
  return all.toString('latin1', 0, 12) === 'HTTP/1.1 101'
    ? read(all.subarray(head + 4))
    : [all.toString()];
}

async function opened(server: Server, path: string, more: Fields = {}): Promise<Client> {
  const client = await connectTo(server);
  await client.write(handshake(path, more));
  await client.untilText('\r\n\r\n');
  return client;
}

void t.test('by section', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const log = new Log(t);
    const handler = new URL(`./handlers/talk.ts#${combo.mode}${combo.unit}`, import.meta.url);
    const server = await serveWith(t, combo, { handler, data: { log: log.path } });
    for (const [name, path, fields, expected, line] of HANDSHAKES) {
      const client = await connectTo(server);
      await client.write(handshake(path, fields, line) + (fields['Content-Length'] ? 'x' : ''));
      const answer = (await client.finish()).toString('latin1');
      if (!expected.test(answer)) t.match(answer, expected, name);
    }
    t.pass(`${HANDSHAKES.length} handshakes`);
    for (const [name, path, frames, expected, behind] of TALKS) {
      const head = Buffer.from(handshake(path));
      const bytes = Buffer.concat(frames);
      const bytewise = Array.from(bytes, (byte) => Buffer.from([byte]));
      for (const pieces of [
        [Buffer.concat([head, bytes])],
        [head, ...frames],
        [head, ...bytewise],
      ]) {
        const got = await talk(server, path, pieces);
        const allowed = combo.mode === 'dispatched' ? [expected, behind] : [expected];
        if (!allowed.some((one) => one?.join('|') === got.join('|'))) {
          t.same(got, expected, `${name}, in ${pieces.length}`);
        }
      }
    }
    t.pass(`${TALKS.length} talks`);
    log.clear();
    const client = await opened(server, '/late?a=b', {
      'X-Say': 'so',
      'Sec-WebSocket-Protocol': 'v1',
    });
    await client.write(text('about'));
    await client.untilText('"data"');
    t.match(
      client.text,
      '{"path":"/late","query":"a=b","params":{},"x":"so","protocol":"v1","data":{"late":true}}',
    );
    client.reset();
    await log.has('closed reset 1006 ');
    for (const [last, noted] of [
      [close(4000, 'why'), 'closed client 4000 why'],
      [Buffer.alloc(0), 'closed client 1006 '],
      [text('a', { rsv: 1 }), 'closed protocol 1006 '],
      [text('throw'), 'closed error 1006 '],
    ] as const) {
      const one = await opened(server, '/');
      await one.write(last);
      if (last.length > 0) await before(one.ended, 'the server ends it');
      await one.finish();
      await log.has(noted);
    }
    const closed = await opened(server, '/');
    await closed.write(text('close 4001 bye'));
    await closed.untilText('bye');
    await closed.write(close(4001, 'ok'));
    await closed.finish();
    // Where reads block there is no timer to give up by, so nobody waits for the peer's Close.
    await log.has(combo.mode === 'blocking' ? 'closed handler 1006 ' : 'closed handler 4001 ok');
    const broken = await opened(server, '/broken');
    await before(broken.ended, 'a failed open() ends it');
  });
});

void t.test('a server that stops says goodbye with 1001', async (t) => {
  const unless = ({ mode }: Combo) =>
    mode === 'blocking'
      ? 'mode blocking ends idle connections by a half-close from outside of their threads'
      : undefined;
  await forEveryMode(t, { http: true, unless }, async (t, combo) => {
    const handler = new URL(`./handlers/talk.ts#stop${combo.mode}${combo.unit}`, import.meta.url);
    const server = await serveWith(t, combo, { handler });
    const client = await opened(server, '/');
    const length = client.received.length;
    const closed = server.close();
    await client.until(length + 4);
    t.same(read(client.received.subarray(length)), ['<8 1001 >']);
    await client.write(close(1001));
    await before(client.ended, 'it ends the connection');
    client.end();
    t.same(await closed, { forced: false });
  });
});

void t.test('pushes', async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'] }, async (t, combo) => {
    const handler = new URL(
      `./handlers/talk.ts?pushes#${combo.mode}${combo.unit}`,
      import.meta.url,
    );
    const server = await serveWith(t, combo, { handler });
    const client = await opened(server, '/');
    await client.write(text('push-later 20'));
    await client.untilText('pushed');
    client.end();
  });
});
