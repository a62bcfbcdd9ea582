/**
 * Mutated requests, given to our decoder and to node:http. Whatever we accept, node:http must accept with the same
 * method, target, headers, body and trailers. What we refuse and it accepts must be for one of the reasons below.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { Duplex } from 'node:stream';
import { Step } from '../../src/protocols/protocol.ts';
import { hear, hearStreamed, type PlainRequest } from './support.ts';

/** Why we are stricter, by how our sentence begins. Each of these node:http (or its parser, llhttp) lets pass. */
export const STRICTER: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^A request begins with/,
    'RFC 9112, 2.2 has one empty line skipped; llhttp skips any number, and bare LFs',
  ],
  [/^A tab stands beside/, 'llhttp takes it in front of a value, and not behind "chunked"'],
  [/^A request line ends with/, 'RFC 9112, 3: one space before the version; llhttp takes several'],
  [/^The request target holds/, 'RFC 3986: llhttp lets "#<> and bytes beyond ASCII pass'],
  [
    /^The request target is in none/,
    'RFC 9112, 3.2: llhttp takes any scheme, user information, and * for any method',
  ],
  [/^The method is not known/, 'CONNECT needs a tunnel: node:http hands the socket over'],
  [/^Only HTTP\/1.1 and/, 'llhttp takes 0.9 and 2.0 as versions'],
  [/^The Host is not a host/, 'RFC 9112, 3.2 wants 400; node:http does not look at it'],
  [/^The Host is missing/, 'node:http answers 400, too, and reads on behind it'],
  [/^There is more than one Host/, 'RFC 9112, 3.2 wants 400; node:http keeps the first'],
  [/^There is more than one Content-Length/, 'in a trailer or beside chunked'],
  [/^([A-Z][A-Za-z-]+) must not stand in a trailer/, 'RFC 9110, 6.5.1'],
  [
    /^HTTP\/1.0 has no Transfer-Encoding/,
    'RFC 9112, 6.1 calls the framing faulty; llhttp takes it',
  ],
  [
    /^No Transfer-Encoding other than chunked/,
    'RFC 9112, 6.1: 501; node:http hands the coded body on',
  ],
  [
    /^The Transfer-Encoding does not end/,
    'several lines of it, of which llhttp takes the last; and any in a request for an upgrade',
  ],
  [
    /^There is more than one Transfer-Encoding/,
    'RFC 9112, 6.1: chunked once; llhttp joins the lines',
  ],
  [/^It is chunked more than once/, 'RFC 9112, 6.1'],
  [/^Nothing but 100-continue/, 'RFC 9110, 10.1.1: 417; node:http answers it, and reads on'],
  [/^A chunk size has more than/, 'more than 8 digits: zeros in front'],
  [/^A chunk (size|extension)/, 'blanks, and bytes that no extension has'],
  [/^A chunk line is too long/, '256 bytes; Node 16 KiB for all'],
  [/^The body (is too long|has more)/, 'a limit that Node does not have'],
  [/^The Content-Length is not a whole|^The Content-Length is empty/, 'in a trailer'],
  [/^A header line is folded/, 'RFC 9112, 5.2: in a trailer'],
];

interface NodeRequest {
  plain: PlainRequest;
  done: boolean;
}

/** One connection of node:http's, in memory. */
class Peer extends Duplex {
  requests: NodeRequest[] = [];
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }
  // node:http asks for these of a socket.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

const server = http.createServer((request, response) => {
  const pieces: Buffer[] = [];
  const { method, url, httpVersionMinor, rawHeaders } = request;
  const plain = {
    method: method!,
    target: url!,
    minorVersion: httpVersionMinor,
    headers: pairs(rawHeaders),
    body: '',
    trailers: [] as Array<[string, string]>,
  } as PlainRequest;
  const entry = { plain, done: false };
  (request.socket as unknown as Peer).requests.push(entry);
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('error', () => {});
  request.on('end', () => {
    plain.body = Buffer.concat(pieces).toString('latin1');
    plain.trailers = pairs(request.rawTrailers);
    entry.done = true;
    response.end();
  });
});
// Not destroyed: what came whole before it is still to be told.
server.on('clientError', () => {});

function pairs(raw: readonly string[]): Array<[string, string]> {
  const list: Array<[string, string]> = [];
  for (let i = 0; i < raw.length; i += 2) list.push([raw[i].toLowerCase(), raw[i + 1]]);
  return list;
}

const WORDS = [
  '\r\n',
  '\r',
  '\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '"',
  '=',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  '0',
  '1',
  '5',
  'a',
  'F',
  '-',
  '+',
  '_',
  '0x',
  '/',
  '?',
  '#',
  '*',
  '%',
  '@',
  '[::1]',
  'http://b/',
  'https://b:1',
  'GET',
  'POST',
  'OPTIONS',
  'CONNECT',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'Host: b\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: upgrade\r\nUpgrade: x\r\n',
  'Expect: 100-continue\r\n',
  'Expect: x\r\n',
  'X: y\r\n',
  'X : y\r\n',
  ' folded\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  '5;a=b\r\nhello\r\n',
  '0\r\nT: u\r\n\r\n',
  '00000000',
  'hello',
  'chunked',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
];

const LINES = [
  'X: y\r\n',
  'Accept:*/*\r\n',
  'A: \t b \t\r\n',
  'X:\r\n',
  'X-Latin: \xe9\xff\r\n',
  'Connection: keep-alive\r\n',
  'Connection: close\r\n',
  'Connection: x, Close\r\n',
  'Expect: 100-continue\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'TE: trailers\r\n',
  'Cookie: a=b; c="d"\r\n',
  '__proto__: x\r\n',
];

const SEEDS = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /a/b?c=d HTTP/1.1\r\nHost: a.example:80\r\nAccept: */*\r\nUser-Agent: x/1.0 (y)\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n',
  'PUT /p HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'HEAD http://b.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok',
  'GET /u HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n',
];

/** A request with one to four changes. */
export function mutant(random: () => number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  let text = pick(SEEDS);
  if (random() < 0.2) text += pick(SEEDS);
  for (let changes = 1 + Math.floor(random() * random() * 4); changes > 0; changes -= 1) {
    const at = Math.floor(random() * (text.length + 1));
    const to = Math.min(text.length, at + 1 + Math.floor(random() * 6));
    switch (Math.floor(random() * 13)) {
      case 0:
        text = text.slice(0, at) + pick(WORDS) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + pick(WORDS) + text.slice(to);
        break;
      case 2:
        text = text.slice(0, at) + text.slice(to);
        break;
      case 3:
        text =
          text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
        break;
      case 4: {
        const code = text.charCodeAt(at) ^ (1 << Math.floor(random() * 8));
        if (at < text.length)
          text = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        break;
      }
      case 5:
      case 6: {
        // At the beginning of a line, where header lines go.
        const starts = [...text.matchAll(/\r\n/g)].map(({ index }) => index + 2);
        const start = starts.length === 0 ? 0 : pick(starts);
        text = text.slice(0, start) + pick(WORDS) + text.slice(start);
        break;
      }
      case 7: {
        const lines = text.split('\r\n');
        const line = Math.floor(random() * lines.length);
        lines.splice(line, Math.floor(random() * 2), lines[Math.floor(random() * lines.length)]);
        text = lines.join('\r\n');
        break;
      }
      case 8:
        text =
          text.slice(0, at) +
          (random() < 0.5 ? text.slice(at).toUpperCase() : text.slice(at).toLowerCase());
        break;
      default: {
        // A header line where one may stand.
        const line = text.indexOf('\r\n') + 2;
        text = text.slice(0, line) + pick(LINES) + text.slice(line);
      }
    }
  }
  return Buffer.from(text, 'latin1');
}

export interface Tally {
  requests: number;
  /** We took every byte as whole requests. */
  accepted: number;
  /** We refused, and node:http too. */
  bothRefuse: number;
  /** We refused and it did not, by our reason. */
  stricter: Map<string, number>;
}

/** Runs `count` mutants. Throws an AssertionError with the input at the first difference that has no reason. */
export async function differential(count: number, random: () => number): Promise<Tally> {
  const tally: Tally = { requests: 0, accepted: 0, bothRefuse: 0, stricter: new Map() };
  while (tally.requests < count) {
    const batch = Array.from({ length: Math.min(100, count - tally.requests) }, () => {
      const input = mutant(random);
      const peer = new Peer();
      peer.on('error', () => {});
      server.emit('connection', peer);
      peer.push(Buffer.from(input));
      return { input, peer };
    });
    for (let turns = 0; turns < 6; turns += 1) await new Promise(setImmediate);
    for (const { input, peer } of batch) {
      await compare(input, peer, random, tally);
      peer.destroy();
    }
    tally.requests += batch.length;
  }
  return tally;
}

async function compare(
  input: Buffer,
  peer: Peer,
  random: () => number,
  tally: Tally,
): Promise<void> {
  const shown = JSON.stringify(input.toString('latin1'));
  const { control: _, ...ours } = hear([input]);
  const at = [random(), random()]
    .map((share) => Math.floor(share * input.length))
    .sort((a, b) => a - b);
  const pieces = [input.subarray(0, at[0]), input.subarray(at[0], at[1]), input.subarray(at[1])];
  const { control: __, ...cut } = hear(pieces);
  assert.deepEqual(cut, ours, `cut at ${at.join(' and ')}: ${shown}`);
  if (random() < 0.1) {
    const streamed = await hearStreamed(pieces);
    assert.deepEqual(streamed.messages, ours.messages, `streamed: ${shown}`);
    assert.equal(streamed.status, ours.status, `streamed: ${shown}`);
  }

  const theirs = peer.requests.filter(({ done }) => done).map(({ plain }) => plain);
  // Behind a request for an upgrade node:http hears nothing more; it may be ignored, and HTTP go on (RFC 9110, 7.8).
  const upgrade = ours.messages.findIndex(({ headers }) =>
    headers.some(([name]) => name === 'upgrade'),
  );
  const comparable = upgrade === -1 ? ours.messages : ours.messages.slice(0, upgrade + 1);
  comparable.forEach((message, i) => {
    const { keepAlive: _, upgrade: __, ...same } = message;
    assert.deepEqual(same, theirs[i], `node:http hears otherwise: ${shown}`);
  });
  if (ours.step === Step.FAIL) {
    if (theirs.length <= ours.messages.length) {
      tally.bothRefuse += 1;
      return;
    }
    const reason = STRICTER.find(([says]) => says.test(ours.says));
    assert.ok(
      reason !== undefined,
      `we refuse for no reason that is listed, "${ours.says}": ${shown}`,
    );
    const name = ours.says.replaceAll(/\b\d+ (?=bytes|digits)/g, '');
    tally.stricter.set(name, (tally.stricter.get(name) ?? 0) + 1);
    return;
  }
  if (ours.step === Step.MORE && upgrade === -1)
    assert.equal(theirs.length, ours.messages.length, `we wait for more: ${shown}`);
  if (ours.messages.length > 0) tally.accepted += 1;
}
