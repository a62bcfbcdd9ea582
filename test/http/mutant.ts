/**
 * Requests that are nearly right, from a seed: written by a grammar or taken from a list, then changed where HTTP has its
 * joints (lines, names, values, lengths, chunks), and then byte by byte.
 */
import { Buffer } from 'node:buffer';

export type Random = () => number;

const METHODS = ['GET', 'GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'M-SEARCH'];
const TARGETS = [
  '/',
  '/a/b?c=d',
  '/%20;x=1',
  '/?',
  '//b/c',
  'http://b.example/x',
  'https://b:1',
  'http://[::1]:80/?q',
];
const BLANKS = ['', ' ', '  ', '\t', ' \t '];
const BODIES = ['', 'x', 'hello', 'GET / HTTP/1.1\r\n\r\n', '0\r\n\r\n', '\r\n', '\0\xff'];
const EXTENSIONS = [';a', ';a=b', ';a="b; \\" c"', ';a;b=c', ' ', ' ;a', ';', ';a=', ';a="', '\t'];

/** Words put anywhere. */
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

/** Header lines that may stand in a request. */
const LINES = [
  'X: y',
  'Accept:*/*',
  'A: \t b \t',
  'X:',
  'X-Latin: \xe9\xff',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: x, Close',
  'Connection: close, keep-alive',
  'Expect: 100-continue',
  'Content-Length: 5',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'TE: trailers',
  'Trailer: T',
  'Cookie: a=b; c="d"',
  'Upgrade: h2c',
  '__proto__: x',
  'Proxy-Connection: keep-alive',
];

/** Values that have been taken for others. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'content-length': [
    '+5',
    '-5',
    '05',
    '5,5',
    '5, 5',
    '0x5',
    '5 5',
    '5_0',
    '',
    '5.0',
    '9'.repeat(20),
  ],
  'transfer-encoding': [
    'Chunked',
    'xchunked',
    'chunked, chunked',
    'chunked, identity',
    'identity, chunked',
    'chunked;q=1',
    '"chunked"',
    ', chunked',
    'chunked,',
    'identity',
    '\x0bchunked',
    '',
  ],
  host: ['', 'a b', 'a:80', 'a:', ':80', 'a/b', 'u@a', '[::1]', '[::1', 'a,b', 'a\xe9'],
  connection: ['close, x', 'CLOSE', 'keep-alive, close', ',close', 'upgrade', '', 'close;x'],
  expect: ['100-Continue', '100-continue, x', 'x', ''],
};

const SAMPLES = [
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

/** A request, or a few of them, with one to four changes. */
export function mutant(random: Random): Buffer {
  const first = random() < 0.5 ? pick(random, SAMPLES) : structured(random);
  let text = first;
  if (random() < 0.2) text += random() < 0.5 ? pick(random, SAMPLES) : structured(random);
  // What the grammar writes may have been changed already.
  const least = random() < 0.5 && !SAMPLES.includes(first) ? 0 : 1;
  for (let i = least + Math.floor(random() * random() * 4); i > 0; i -= 1) {
    text = changed(text, random);
  }
  return Buffer.from(text, 'latin1');
}

/** A request by the grammar, with at most a few joints that do not fit. */
export function structured(random: Random): string {
  const old = random() < 0.1;
  const method = pick(random, METHODS);
  const target = method === 'OPTIONS' && random() < 0.5 ? '*' : pick(random, TARGETS);
  const lines = random() < 0.97 ? ['Host: a'] : [];
  for (let i = Math.floor(random() * 4); i > 0; i -= 1) insert(random, lines, pick(random, LINES));
  let body = '';
  const framing = random();
  if (framing < 0.3) {
    body = pick(random, BODIES);
    const said = random() < 0.95 ? body.length : body.length + (random() < 0.5 ? 1 : -1);
    insert(random, lines, `Content-Length: ${said}`);
  } else if (framing < 0.65) {
    body = chunks(random);
    insert(random, lines, 'Transfer-Encoding: chunked');
  }
  for (let i = random() < 0.4 ? 1 + Math.floor(random() * 2) : 0; i > 0; i -= 1)
    bend(random, lines);
  return `${method} ${target} HTTP/1.${old ? 0 : 1}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

function chunks(random: Random): string {
  let text = '';
  for (let i = Math.floor(random() * 4); i > 0; i -= 1) {
    const data = pick(random, BODIES.slice(1));
    let size = data.length.toString(16);
    if (random() < 0.1) size = size.toUpperCase().padStart(1 + Math.floor(random() * 10), '0');
    if (random() < 0.2) size += pick(random, EXTENSIONS);
    text += `${size}\r\n${data}\r\n`;
  }
  const trailer = random();
  if (trailer < 0.7) return `${text}0\r\n\r\n`;
  return `${text}0\r\n${trailer < 0.9 ? 'T: u' : pick(random, LINES)}\r\n\r\n`;
}

/** Changes one header line, within the line's own grammar or a little beside it. */
function bend(random: Random, lines: string[]): void {
  if (lines.length === 0) return;
  const at = Math.floor(random() * lines.length);
  const colon = lines[at].indexOf(':');
  const name = colon === -1 ? lines[at] : lines[at].slice(0, colon);
  const value = colon === -1 ? '' : lines[at].slice(colon + 1).trim();
  switch (Math.floor(random() * 10)) {
    case 0: // twice
      insert(random, lines, lines[at]);
      break;
    case 1: // gone
      lines.splice(at, 1);
      break;
    case 2:
      lines[at] = `${random() < 0.5 ? name.toUpperCase() : name.toLowerCase()}: ${value}`;
      break;
    case 3:
      lines[at] = `${name}:${pick(random, BLANKS)}${value}${pick(random, BLANKS)}`;
      break;
    case 4:
      lines[at] = `${name}${pick(random, BLANKS)}: ${value}`;
      break;
    case 5: // folded
      lines[at] = `${name}:${random() < 0.5 ? ' x' : ''}\r\n${random() < 0.5 ? ' ' : '\t'}${value}`;
      break;
    case 6: // its line ends otherwise
      lines[at] += pick(random, ['\r', '\n', '\0', '\r\r', '\x0b', '\x85']);
      break;
    case 7: // another's name
      lines[at] = `${pick(random, Object.keys(VALUES))}: ${value}`;
      break;
    default: {
      const name = pick(random, Object.keys(VALUES));
      const line = `${name}: ${pick(random, VALUES[name])}`;
      const same = lines.findIndex((each) => each.toLowerCase().startsWith(`${name}:`));
      if (same !== -1 && random() < 0.7) lines[same] = line;
      else insert(random, lines, line);
    }
  }
}

/** One change of the text, wherever it may be. */
export function changed(text: string, random: Random): string {
  const at = Math.floor(random() * (text.length + 1));
  const to = Math.min(text.length, at + 1 + Math.floor(random() * 6));
  switch (Math.floor(random() * 13)) {
    case 0:
      return text.slice(0, at) + pick(random, WORDS) + text.slice(at);
    case 1:
      return text.slice(0, at) + pick(random, WORDS) + text.slice(to);
    case 2:
      return text.slice(0, at) + text.slice(to);
    case 3:
      return (
        text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1)
      );
    case 4: {
      if (at === text.length) return text;
      const code = text.charCodeAt(at) ^ (1 << Math.floor(random() * 8));
      return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
    }
    case 5:
    case 6: {
      // At the beginning of a line, where header lines go.
      const starts = [...text.matchAll(/\r\n/g)].map(({ index }) => index + 2);
      const start = starts.length === 0 ? 0 : pick(random, starts);
      return text.slice(0, start) + pick(random, WORDS) + text.slice(start);
    }
    case 7: {
      const lines = text.split('\r\n');
      const line = Math.floor(random() * lines.length);
      lines.splice(line, Math.floor(random() * 2), pick(random, lines));
      return lines.join('\r\n');
    }
    case 8:
      return (
        text.slice(0, at) +
        (random() < 0.5 ? text.slice(at).toUpperCase() : text.slice(at).toLowerCase())
      );
    default: {
      // A header line where one may stand.
      const line = text.indexOf('\r\n') + 2;
      return `${text.slice(0, line)}${pick(random, LINES)}\r\n${text.slice(line)}`;
    }
  }
}

function insert(random: Random, lines: string[], line: string): void {
  lines.splice(Math.floor(random() * (lines.length + 1)), 0, line);
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)];
}
