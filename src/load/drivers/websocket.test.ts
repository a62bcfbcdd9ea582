/** The WebSocket driver, with bytes alone: the handshake, and answers wherever they are cut. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { acceptKey } from '../../protocols/websocket/handshake.ts';
import { Step } from '../../protocols/protocol.ts';
import { websocket } from '../../protocols/websocket/websocket.ts';
import { Writer } from '../../protocols/writer.ts';
import { readWork } from '../payload.ts';
import { Found, type Session } from './driver.ts';
import { makeDriver } from './index.ts';

async function opened(options: Record<string, unknown> = {}) {
  const work = await readWork({ protocol: 'ws', seed: 1, payloadBytes: 20, expect: 'echo' }, 0);
  const place = { path: '/chat?a=b', host: 'example.com:81' };
  const session = makeDriver('ws', options, work, place).session();
  const writer = new Writer();
  t.notOk(session.open(writer), 'requests wait for the handshake');
  const asked = bytesOf(writer).toString('latin1');
  const key = /\r\nsec-websocket-key: (\S+)\r\n/.exec(asked)![1];
  return { session, writer, asked, key };
}

function bytesOf(writer: Writer): Buffer {
  writer.reserve(0);
  const copy = Buffer.from(writer.buffer.subarray(0, writer.length));
  writer.clear();
  return copy;
}

const answerTo = (key: string, more = '', status = '101 Switching Protocols') =>
  `HTTP/1.1 ${status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n${more}\r\n`;

/** All that is found, as the bytes come in pieces of that size. */
function feed(session: Session, bytes: Buffer, size: number): Found[] {
  const found: Found[] = [];
  const shared = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    session.feed(shared, bytes.copy(shared, 0, at, Math.min(bytes.length, at + size)));
    for (let one = session.next(); one !== Found.MORE; one = session.next()) {
      found.push(one);
      if (one === Found.FAIL || one === Found.END) return found;
    }
    shared.fill(0xff);
  }
  return found;
}

/** What an echo server answers. */
function echo(requests: Buffer): Buffer {
  const { server } = websocket({});
  const decoder = server.decoder(1024);
  const writer = new Writer();
  decoder.feed(requests, 0, requests.length, 0);
  while (decoder.next() === Step.MESSAGE) server.encode(decoder.take(), writer, undefined);
  return bytesOf(writer);
}

void t.test('the handshake, then answers, wherever they are cut', async (t) => {
  for (const options of [{}, { binary: true }]) {
    for (const size of [1, 2, 7, 1000]) {
      const { session, writer, asked, key } = await opened(options);
      t.match(asked, /^GET \/chat\?a=b HTTP\/1\.1\r\nhost: example\.com:81\r\n/);
      t.same(feed(session, Buffer.from(answerTo(key)), size), [Found.READY]);
      for (const sequence of [0, 1, 2]) session.request(sequence, writer);
      const { ANSWER } = Found;
      t.same(feed(session, echo(bytesOf(writer)), size), [ANSWER, ANSWER, ANSWER]);
      session.request(3, writer);
      const ping = Buffer.from('89016181026869', 'hex');
      t.same(feed(session, ping, size), [Found.SEND, Found.WRONG], 'a ping, and another text');
      t.equal(session.problem, 'the answer is not what was sent');
      t.match(Buffer.from(session.control!).toString('hex'), /^8a81/);
    }
  }
});

void t.test('what follows the handshake at once is not lost', async (t) => {
  const { session, key } = await opened();
  const bytes = Buffer.concat([Buffer.from(answerTo(key)), Buffer.from('880203e8', 'hex')]);
  t.same(feed(session, bytes, 1000), [Found.READY, Found.SEND, Found.END]);
});

void t.test('handshakes that fail', async (t) => {
  for (const [more, status, problem] of [
    ['', '403 Forbidden', /answered the handshake with 403/],
    ['Sec-WebSocket-Protocol: x\r\n', undefined, /subprotocol x, which was not offered/],
    [
      'Sec-WebSocket-Extensions: permessage-deflate\r\n',
      undefined,
      /extension that was not offered/,
    ],
  ] as const) {
    const { session, key } = await opened();
    const body = status === undefined ? more : 'Content-Length: 0\r\n';
    t.same(feed(session, Buffer.from(answerTo(key, body, status)), 1000), [Found.FAIL]);
    t.match(session.problem, problem);
  }
  const { session } = await opened();
  t.same(feed(session, Buffer.from(answerTo('another')), 1000), [Found.FAIL]);
  t.match(session.problem, /another key/);
  const cut = await opened();
  t.equal(cut.session.finish(), Found.FAIL);
  await t.rejects(opened({ binray: true }), /has no option binray/);
});

void t.test('compressed messages', async (t) => {
  const { asked, session, key } = await opened({ deflate: true });
  t.match(asked, /permessage-deflate; server_no_context_takeover; client_no_context_takeover/);
  const agreed =
    'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n';
  t.same(feed(session, Buffer.from(answerTo(key, agreed)), 9), [Found.READY]);
});
