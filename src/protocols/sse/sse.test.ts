/** Event streams: what is sent, and what a client makes of it, cut anywhere (WHATWG HTML, 9.2.5 and 9.2.6). */
import t from 'tap';
import { encodeComment, encodeEvent, type ServerEvent } from './encode.ts';
import { EventParser } from './parser.ts';

interface Parsed {
  readonly events: ReadonlyArray<readonly [string, string, string]>;
  readonly retryMs: number | undefined;
  readonly comments: number;
  readonly failure: string;
}

/** Type, data and id of each event. */
function parse(pieces: readonly Buffer[], limit?: number): Parsed {
  const parser = new EventParser(limit);
  const events: Array<readonly [string, string, string]> = [];
  const shared = Buffer.alloc(1024 * 64);
  for (const piece of pieces) {
    piece.copy(shared, 7);
    parser.feed(shared, 7, 7 + piece.length);
    while (parser.next()) events.push([parser.type, parser.data, parser.lastEventId]);
    shared.fill(0xee); // what the next read does
  }
  const { comments, failure, retryMs } = parser;
  return { events, comments, failure, retryMs };
}

function cuts(all: Buffer): Buffer[][] {
  const ways = [[all], Array.from(all, (byte) => Buffer.from([byte]))];
  for (let at = 1; at < all.length; at += 1) ways.push([all.subarray(0, at), all.subarray(at)]);
  return ways;
}

/** Name, stream, events. */
const STREAMS: ReadonlyArray<readonly [string, string, Parsed['events']]> = [
  ['one line', 'data: hello\n\n', [['message', 'hello', '']]],
  ['several lines', 'data: YHOO\ndata: +2\ndata: 10\n\n', [['message', 'YHOO\n+2\n10', '']]],
  [
    "the standard's comments and ids",
    ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    [
      ['message', 'first event', '1'],
      ['message', 'second event', ''],
      ['message', ' third event', ''],
    ],
  ],
  [
    "the standard's empty data",
    'data\n\ndata\ndata\n\ndata:',
    [
      ['message', '', ''],
      ['message', '\n', ''],
    ],
  ],
  [
    "the standard's spaces",
    'data:test\n\ndata: test\n\n',
    [
      ['message', 'test', ''],
      ['message', 'test', ''],
    ],
  ],
  [
    'types',
    'event: add\ndata: 1\n\ndata: 2\n\nevent\ndata: 3\n\n',
    [
      ['add', '1', ''],
      ['message', '2', ''],
      ['message', '3', ''],
    ],
  ],
  [
    'every line end',
    'data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\rdata: e\r\n\r\n',
    [
      ['message', 'a\nb\nc', ''],
      ['message', 'd', ''],
      ['message', 'e', ''],
    ],
  ],
  [
    'CR, then an empty line of LF',
    'data: a\r\n\ndata: b\n\r',
    [
      ['message', 'a', ''],
      ['message', 'b', ''],
    ],
  ],
  [
    'a byte order mark',
    '\ufeffdata: a\n\ndata: \ufeff\n\n',
    [
      ['message', 'a', ''],
      ['message', '\ufeff', ''],
    ],
  ],
  ['two byte order marks: a field that is none', '\ufeff\ufeffdata: a\n\n', []],
  ['an id without data is kept', 'id: 5\n\ndata: a\n\n', [['message', 'a', '5']]],
  [
    'an id with NUL is not',
    'id: 5\ndata: a\n\nid: 6\0\ndata: b\n\n',
    [
      ['message', 'a', '5'],
      ['message', 'b', '5'],
    ],
  ],
  ['a type without data is forgotten', 'event: x\n\ndata: a\n\n', [['message', 'a', '']]],
  [
    'fields that are none',
    'Data: a\ndata : b\n data: c\nnothing\ndata: d\n\n',
    [['message', 'd', '']],
  ],
  ['beyond ASCII', 'event: ü\nid: ✓\ndata: 🙂é\n\n', [['ü', '🙂é', '✓']]],
  ['an end within an event', 'data: a\n\ndata: b\n', [['message', 'a', '']]],
  ['colons', 'data: a: b::\n\n', [['message', 'a: b::', '']]],
];

t.test('streams, cut at every byte', async (t) => {
  for (const [name, text, events] of STREAMS) {
    for (const pieces of cuts(Buffer.from(text))) {
      t.strictSame(parse(pieces).events, events, name, { quiet: true });
    }
  }
});

t.test('retry and comments', async (t) => {
  const text = 'retry: 10\nretry: 1x\nretry: -1\nretry\n:\n: one\n:two\n\n';
  for (const pieces of cuts(Buffer.from(text))) {
    const { comments, events, retryMs } = parse(pieces);
    t.same([comments, events.length, retryMs], [3, 0, 10]);
  }
});

t.test('what is no UTF-8, and what is too long, is refused', async (t) => {
  for (const bytes of [[0xff], [0xc3, 0x28], [0xe2, 0x82], [0xf0, 0x9f, 0x99]]) {
    const all = Buffer.concat([Buffer.from('data: '), Buffer.from(bytes), Buffer.from('\n\n')]);
    for (const pieces of cuts(all)) {
      t.match(parse(pieces), { events: [], failure: /not UTF-8/ });
    }
  }
  const long = Buffer.from(`data: ok\n\n${'data: 1234\n'.repeat(10)}`);
  for (const pieces of cuts(long)) {
    const { events, failure } = parse(pieces, 40);
    t.same(events, [['message', 'ok', '']]);
    t.match(failure, /more than 40 characters/);
  }
  t.match(parse([Buffer.from('data: '.padEnd(60, 'x'))], 40).failure, /more than 40/, 'one line');
});

const EVENTS: ReadonlyArray<readonly [ServerEvent, string]> = [
  [{ data: 'a' }, 'data: a\n\n'],
  [{ data: '' }, 'data: \n\n'],
  [{ data: 'a\nb\r\nc\rd\n' }, 'data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n'],
  [{ data: 'a\n\nid: 6\n\n' }, 'data: a\ndata: \ndata: id: 6\ndata: \ndata: \n\n'],
  [{ data: ' a', event: 'e', id: '1', retry: 0 }, 'event: e\nid: 1\nretry: 0\ndata:  a\n\n'],
  [{ id: '' }, 'id: \n\n'],
  [{ retry: 3000 }, 'retry: 3000\n\n'],
];

t.test('events, and back', async (t) => {
  for (const [event, text] of EVENTS) {
    t.equal(encodeEvent(event), text);
    const { events, retryMs } = parse([Buffer.from(text)]);
    t.equal(retryMs, event.retry);
    if (event.data === undefined) continue;
    const data = event.data.replaceAll(/\r\n|\r/g, '\n');
    t.strictSame(events, [[event.event ?? 'message', data, event.id ?? '']]);
  }
  t.equal(encodeComment('a\nb'), ': a\n: b\n');
  t.equal(encodeComment('\r\n\n'), ': \n: \n: \n');
});

t.test('nothing gets in by way of a field', async (t) => {
  for (const end of ['\n', '\r', '\r\n', '\0']) {
    t.throws(() => encodeEvent({ event: `a${end}data: b`, data: '' }), {
      name: 'TypeError',
      message: /event's event is .* CR, LF or NUL/,
    });
    t.throws(() => encodeEvent({ id: `a${end}data: b`, data: '' }), /event's id is /);
  }
  for (const event of [{}, null, 'text', { data: 1 }, { retry: -1 }, { retry: 1.5 }, { id: 5 }]) {
    t.throws(() => encodeEvent(event as ServerEvent), TypeError);
  }
  t.throws(() => encodeComment(5 as unknown as string), TypeError);
});
