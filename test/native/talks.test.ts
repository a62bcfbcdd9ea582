/** The cases of test/websocket by RFC 6455's sections, in mode `native`: alike, or as test/native/differences.ts says. */
import { Buffer } from 'node:buffer';
import t, { type Test } from 'tap';
import { Client } from '../http/exchange.ts';
import { before } from '../modes/support/wait.ts';
import { handshake, HANDSHAKES, read, TALKS } from '../websocket/cases.ts';
import { text } from '../websocket/support.ts';
import { WEBSOCKET_DIFFERENCES, type WebSocketDifference } from './differences.ts';
import { host, skip, WAYS, type Host } from './support.ts';

const HANDLER = new URL('../websocket/handlers/talk.ts', import.meta.url);
const HEAD_END = '\r\n\r\n';
/** Said behind what leaves the connection open: nothing more has come before it is given back. */
const LAST = 'the end';
/** Its own, where a machine is slow. */
const PING = '<9 >';

function differenceOf(name: string): WebSocketDifference | undefined {
  return WEBSOCKET_DIFFERENCES.find(({ cases }) => cases.test(name));
}

/** Behind the 101, since uWebSockets.js drops what comes before it. Up to `last`, or the server's end. */
async function talk(
  server: Host,
  path: string,
  pieces: readonly Buffer[],
  isLast: (words: readonly string[]) => boolean,
): Promise<string[]> {
  const client = new Client(server.port).send(handshake(path));
  const head = await before(
    client.until((all) => all.includes(HEAD_END)),
    'the handshake is answered',
  );
  // The first frames may have come with the head.
  client.text = head.slice(head.indexOf(HEAD_END) + HEAD_END.length) + client.text;
  for (const piece of pieces) {
    client.send(piece);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  const heard = (all: string) => read(Buffer.from(all, 'latin1')).filter((word) => word !== PING);
  const all = await before(
    client.until((so) => isLast(heard(so))),
    'what is due, or the end',
  );
  client.destroy();
  return heard(all);
}

async function sayAll(t: Test, server: Host, way: string): Promise<void> {
  for (const [name, path, said, due] of TALKS) {
    const { frames = due, cut = false, waits = false } = differenceOf(name) ?? {};
    const ends = !waits && (cut || due.at(-1)!.startsWith('<8'));
    const all = ends || waits ? said : [...said, text(LAST)];
    const expected = ends || waits ? frames : [...frames, LAST];
    const bytes = Buffer.concat(all);
    for (const pieces of [[bytes], all, Array.from(bytes, (byte) => Buffer.from([byte]))]) {
      const got = await talk(server, path, pieces, (words) => {
        return !ends && words.length >= expected.length;
      });
      if (cut) t.notOk(got.join().includes('<8'), `${name}: no Close, ${way}`);
      else if (got.join('|') !== expected.join('|')) {
        t.same(got, expected, `${name}, in ${pieces.length}, ${way}`);
      }
    }
  }
  t.pass(`${TALKS.length} talks, ${way}`);
}

t.test('by section', { skip }, async (t) => {
  for (const { name: way, ...options } of WAYS) {
    const server = await host(t, { handler: HANDLER, ...options });
    for (const [name, path, fields, alike, line] of HANDSHAKES) {
      const body = fields['Content-Length'] === undefined ? '' : 'x';
      const client = new Client(server.port).send(handshake(path, fields, line) + body);
      const expected = differenceOf(name)?.head ?? alike;
      const answer = await before(
        client.until((all) => all.includes(HEAD_END) && expected.test(all)),
        `${name}, ${way}`,
      );
      client.destroy();
      if (!expected.test(answer)) t.match(answer, expected, `${name}, ${way}`);
    }
    t.pass(`${HANDSHAKES.length} handshakes, ${way}`);
    await sayAll(t, server, way);
    await server.close();
  }
});

t.test('what is sent before the 101 is dropped, and harms nobody', { skip }, async (t) => {
  const server = await host(t, { handler: HANDLER, workers: 1 });
  const client = new Client(server.port);
  client.send(Buffer.concat([Buffer.from(handshake()), text('early')]));
  await before(
    client.until((all) => all.includes(HEAD_END)),
    'the handshake is answered',
  );
  client.send(text('in time'));
  const all = await before(
    client.until((so) => so.endsWith('in time')),
    'the echo',
  );
  t.same(read(Buffer.from(all, 'latin1')), ['in time']);
  client.destroy();
});
