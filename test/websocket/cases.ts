/**
 * The opening handshake, and what is said behind it, by RFC 6455's sections: for every mode (modes.test.ts) and for mode
 * `native` (test/native/talks.test.ts). The handler is handlers/talk.ts.
 */
import { Buffer } from 'node:buffer';
import { close, fragments, frame, ping, text } from './support.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const FIELDS = {
  Host: 'example.com:81',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
};
export type Fields = Record<string, string | undefined>;

export function handshake(path = '/', more: Fields = {}, line = `GET ${path} HTTP/1.1`): string {
  const fields = Object.entries({ ...FIELDS, ...more }).filter(([, value]) => value !== undefined);
  return `${line}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** Path, fields that differ, and what the answer's head must hold. `101` opens. */
export const HANDSHAKES: ReadonlyArray<readonly [string, string, Fields, RegExp, string?]> = [
  [
    '4.2.2: the example',
    '/',
    {},
    /^HTTP\/1\.1 101 [^]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/,
  ],
  [
    'in any case, among others',
    '/',
    { Upgrade: 'h2c, WebSocket', Connection: 'keep-alive, upgrade' },
    /^HTTP\/1\.1 101 /,
  ],
  ['4.2.1, 1: not GET', '/', {}, /^HTTP\/1\.1 405 [^]*allow: GET/i, 'PUT / HTTP/1.1'],
  ['4.2.1, 1: HTTP/1.0 has no upgrade', '/', {}, /^HTTP\/1\.1 200 /, 'GET / HTTP/1.0'],
  ['4.2.1, 2: no Host', '/', { Host: undefined }, /^HTTP\/1\.1 400 /],
  ['4.2.1, 3: another protocol', '/', { Upgrade: 'websocket/13' }, /^HTTP\/1\.1 200 /],
  [
    '4.2.1, 4: without Connection: Upgrade, a plain request',
    '/',
    { Connection: 'keep-alive' },
    /^HTTP\/1\.1 200 /,
  ],
  ['4.2.1, 5: no key', '/', { 'Sec-WebSocket-Key': undefined }, /^HTTP\/1\.1 400 /],
  ['4.2.1, 5: a short key', '/', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, /^HTTP\/1\.1 400 /],
  [
    '4.2.1, 5: a key that is not base64',
    '/',
    { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZS!ub25jZQ==' },
    /^HTTP\/1\.1 400 /,
  ],
  ['two keys', '/', { 'sec-websocket-key': KEY }, /^HTTP\/1\.1 400 /],
  [
    '4.4: another version',
    '/',
    { 'Sec-WebSocket-Version': '8' },
    /^HTTP\/1\.1 426 [^]*sec-websocket-version: 13\r\n[^]*Connection: Upgrade\r\n/,
  ],
  ['no version', '/', { 'Sec-WebSocket-Version': undefined }, /^HTTP\/1\.1 426 /],
  ['with a body', '/', { 'Content-Length': '1' }, /^HTTP\/1\.1 400 /],
  [
    'the first subprotocol that both have',
    '/',
    { 'Sec-WebSocket-Protocol': 'v3, v1, v2' },
    /101 [^]*\nSec-WebSocket-Protocol: v1\r\n/,
  ],
  [
    'none in common',
    '/',
    { 'Sec-WebSocket-Protocol': 'v3' },
    /^HTTP\/1\.1 101 (?![^]*Sec-WebSocket-Protocol)/,
  ],
  ['a subprotocol twice', '/', { 'Sec-WebSocket-Protocol': 'v1, v1' }, /^HTTP\/1\.1 400 /],
  ['a subprotocol that is no token', '/', { 'Sec-WebSocket-Protocol': 'v 1' }, /^HTTP\/1\.1 400 /],
  ['10.2: the same origin', '/', { Origin: 'http://example.com:81' }, /^HTTP\/1\.1 101 /],
  [
    'behind a proxy that ends TLS',
    '/',
    { Origin: 'https://example.com', Host: 'example.com:443' },
    /^HTTP\/1\.1 101 /,
  ],
  ['10.2: another origin', '/', { Origin: 'http://evil.example' }, /^HTTP\/1\.1 403 /],
  ['another port', '/', { Origin: 'http://example.com' }, /^HTTP\/1\.1 403 /],
  ['10.2: a sandbox', '/', { Origin: 'null' }, /^HTTP\/1\.1 403 /],
  [
    'extensions that are malformed',
    '/',
    { 'Sec-WebSocket-Extensions': 'a;;b' },
    /^HTTP\/1\.1 400 /,
  ],
  [
    'an extension that nobody knows',
    '/',
    { 'Sec-WebSocket-Extensions': 'x-other; a="b"' },
    /^HTTP\/1\.1 101 (?![^]*Extensions)/,
  ],
  [
    'RFC 7692, 7.1',
    '/',
    { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
    /101 [^]*\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n/,
  ],
  [
    'RFC 7692, 7.1.2.1',
    '/',
    {
      'Sec-WebSocket-Extensions':
        'permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits="10"',
    },
    /101 [^]*; server_max_window_bits=10\r\n/,
  ],
  [
    'RFC 7692, 7.1: declined',
    '/',
    {
      'Sec-WebSocket-Extensions':
        'permessage-deflate; server_max_window_bits=016, permessage-deflate; x, permessage-deflate; client_no_context_takeover; client_no_context_takeover',
    },
    /^HTTP\/1\.1 101 (?![^]*Extensions)/,
  ],
  ['upgrade() refuses', '/refused', {}, /^HTTP\/1\.1 401 [^]*who\?$/],
  ['upgrade() throws an HttpError', '/error', {}, /^HTTP\/1\.1 418 /],
  ['upgrade() is late, and sets a header', '/late', {}, /^HTTP\/1\.1 101 [^]*\nx-more: y\r\n/],
  ['upgrade() chooses what was not offered', '/chosen', {}, /^HTTP\/1\.1 500 /],
  ['upgrade() splits the response', '/split', {}, /^HTTP\/1\.1 500 (?![^]*x-split)/],
  ["upgrade() sets the handshake's own", '/own', {}, /^HTTP\/1\.1 500 /],
];

/** A server's frames as words: text, [hex] for binary, <9 …> for control frames. */
export function read(bytes: Buffer): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const opcode = bytes[at] & 15;
    let length = bytes[at + 1];
    at += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    }
    const payload = bytes.subarray(at, at + length);
    at += length;
    if (opcode === 1) words.push(payload.toString());
    else if (opcode === 2) words.push(`[${payload.toString('hex')}]`);
    else if (opcode === 8 && length >= 2) {
      words.push(`<8 ${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}>`);
    } else words.push(`<${opcode} ${payload.toString()}>`);
  }
  return words;
}

/**
 * What is said behind the handshake, and what comes; then the connection ends by itself, or by our half-close. Last: the
 * same where an executor is behind, and the reader sees our Close before the handler closes.
 */
export const TALKS: ReadonlyArray<readonly [string, string, Buffer[], string[], string[]?]> = [
  ['5.6: text and bytes', '/', [text('é'), frame({ opcode: 2, payload: 'ab' })], ['é', '[6162]']],
  ['open() sends first', '/greet', [text('a')], ['welcome', 'a']],
  [
    '5.4: fragments, with a ping between',
    '/',
    [fragments('Hello', 1, 2)[0], ping('p'), fragments('Hello', 1, 2)[1]],
    ['<10 p>', 'Hello'],
  ],
  [
    'replies keep their order',
    '/',
    [text('late 20 a'), text('b'), text('late 1 c'), text('count')],
    ['a', 'b', 'c', '4'],
  ],
  ['no reply', '/', [text('nothing'), text('b')], ['b']],
  ['send() goes ahead', '/', [text('send x y')], ['x', 'sent y']],
  [
    '5.5.1: the peer closes',
    '/',
    [text('late 20 a'), close(4000, 'why'), text('late')],
    ['a', '<8 4000 >'],
  ],
  [
    '7.1.2: we close: replies due are sent, then the Close',
    '/',
    [text('late 20 a'), text('close 4001 b c'), text('late'), close(4001)],
    ['a', 'last words', '<8 4001 b c>'],
    ['a', 'last words', '<8 4001 >'],
  ],
  [
    'a Close that crosses ours',
    '/',
    [text('close 4001 b'), close(1000)],
    ['last words', '<8 4001 b>'],
    ['last words', '<8 1000 >'],
  ],
  [
    'close() without a status',
    '/',
    [text('close-plain'), close(1000)],
    ['then closed', '<8 1000 >'],
  ],
  ['close() in open()', '/closed', [text('a'), close(4002)], ['<8 4002 go>']],
  ['a handler that throws', '/', [text('a'), text('throw'), text('b')], ['a', '<8 1011 >']],
  ['one that rejects', '/', [text('reject 20'), text('b')], ['<8 1011 >']],
  ['a status that nobody may send', '/', [text('close-badly')], ['<8 1011 >']],
  ['a reply that is no message', '/', [text('junk')], ['<8 1011 >']],
  [
    '5.1: a frame without a mask',
    '/',
    [text('late 20 a'), text('b', { key: undefined })],
    ['a', '<8 1002 >'],
  ],
  [
    '8.1: text that is not UTF-8',
    '/',
    [text('a'), frame({ payload: Buffer.from([0xff]) }), text('b')],
    ['a', '<8 1007 >'],
  ],
  [
    '8.1: the same in fragments',
    '/',
    fragments(Buffer.from([0x61, 0xff, 0x61]), 1, 1, 2),
    ['<8 1007 >'],
  ],
  ['a message past the limit', '/', [frame({ opcode: 2, says: 2n ** 32n })], ['<8 1009 >']],
];
