/** What is decoded and what is refused, by the sections of RFC 6455 and RFC 7692; each input cut at every byte. */
import { Buffer } from 'node:buffer';
import { deflateRawSync } from 'node:zlib';
import t from 'tap';
import { Step } from '../../src/protocols/protocol.ts';
import { Writer } from '../../src/protocols/writer.ts';
import { websocket } from '../../src/protocols/websocket/websocket.ts';
import { written } from '../protocols/harness.ts';
import {
  close,
  fragments,
  frame,
  hear,
  hearAll,
  LIMIT,
  ping,
  pong,
  status,
  text,
} from './support.ts';

const hex = (bytes: string) => Buffer.from(bytes.replaceAll(' ', ''), 'hex');
const CLIENT = { side: 'client' } as const;

void t.test('RFC 6455, 5.7: examples', async (t) => {
  t.same(hearAll(hex('81 05 48 65 6c 6c 6f'), CLIENT).events, ['Hello']);
  t.same(hearAll(hex('81 85 37 fa 21 3d 7f 9f 4d 51 58')).events, ['Hello']);
  t.same(hearAll(hex('01 03 48 65 6c 80 02 6c 6f'), CLIENT).events, ['Hello']);
  const answered = hear([hex('89 05 48 65 6c 6c 6f')], CLIENT).events[0] as { sends: string };
  t.equal(answered.sends, '8a0548656c6c6f');
  const decoder = websocket({}).client.decoder(LIMIT);
  decoder.feed(hex('89 00'), 0, 2, 0);
  t.equal(decoder.next(), Step.URGENT);
  t.match(Buffer.from(decoder.control!).toString('hex'), /^8a80.{8}$/, 'a client masks its pong');
  t.same(hearAll(hex('8a 85 37 fa 21 3d 7f 9f 4d 51 58')).events, []);
  const long = Buffer.alloc(256, 7);
  t.same(hearAll(Buffer.concat([hex('82 7e 01 00'), long]), CLIENT).events, [long]);
  const longer = Buffer.alloc(65_536, 9);
  t.same(hearAll(Buffer.concat([hex('82 7f 00 00 00 00 00 01 00 00'), longer]), CLIENT).events, [
    longer,
  ]);
});

void t.test('RFC 7692, 7.2.3: examples', async (t) => {
  const deflated = { ...CLIENT, windowBits: 15 };
  const vectors = {
    '7.2.3.1': 'c1 07 f2 48 cd c9 c9 07 00',
    '7.2.3.1, in two frames': '41 03 f2 48 cd 80 04 c9 c9 07 00',
    '7.2.3.3: a block without compression': 'c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00',
    '7.2.3.4: a last block': 'c1 08 f3 48 cd c9 c9 07 00 00',
    '7.2.3.5: two blocks': 'c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00',
  };
  for (const [name, bytes] of Object.entries(vectors)) {
    t.same(hearAll(hex(bytes), deflated).events, ['Hello'], name);
  }
  t.same(hearAll(hex('c1 01 00'), deflated).events, [''], '7.2.3.6: an empty message');
  t.same(
    hearAll(hex('c1 05 f2 00 11 00 00'), deflated).status,
    1007,
    '7.2.3.2: with the context of another message, which no_context_takeover rules out',
  );
  const writer = new Writer();
  websocket({ deflateThresholdBytes: 0 }, 15).server.encode('Hello', writer, undefined);
  t.equal(written(writer).toString('hex'), 'c107f248cdc9c90700', 'and encoded');
});

void t.test('5.1: clients mask, servers do not', async (t) => {
  t.equal(hearAll(text('a', { key: undefined })).status, 1002);
  t.equal(hearAll(text('a'), CLIENT).status, 1002);
  t.same(hearAll(text('abcde', { key: [0, 0, 0, 0] })).events, ['abcde'], 'a key of zeros is one');
});

void t.test('5.2: reserved bits, opcodes and lengths', async (t) => {
  for (const rsv of [1, 2, 4]) {
    for (const opcode of [1, 2, 8, 9, 10]) {
      t.equal(hearAll(frame({ rsv, opcode })).status, 1002, `RSV ${rsv} on ${opcode}`);
    }
  }
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    t.equal(hearAll(frame({ opcode })).status, 1002, `opcode ${opcode}`);
  }
  for (const [size, lengthBits] of [
    [0, 16],
    [125, 16],
    [125, 64],
    [126, 64],
    [65_535, 64],
  ]) {
    t.equal(
      hear([text('x'.repeat(size), { lengthBits })]).status,
      1002,
      `${size} in ${lengthBits} bits`,
    );
  }
  for (const size of [0, 1, 3, 4, 5, 124, 125, 126, 127, 65_535, 65_536, LIMIT]) {
    const sent = 'x'.repeat(size);
    t.ok(hear([text(sent)]).events[0] === sent, `text of ${size}`);
    const bytes = Buffer.alloc(size, 'yz');
    t.same(hear([frame({ opcode: 2, payload: bytes })]).events, [bytes], `bytes of ${size}`);
  }
  t.equal(hearAll(text('', { says: 2n ** 63n })).status, 1002, 'the highest bit of a length');
  t.equal(hearAll(text('', { says: 2n ** 63n - 1n })).status, 1009, 'a length that no number has');
});

void t.test('5.4: fragmentation', async (t) => {
  t.same(hearAll(fragments('Hello', 1, 1, 2, 4)).events, ['Hello']);
  t.same(hearAll(fragments('Hello', 1, 0, 0, 5, 5)).events, ['Hello'], 'empty ones');
  t.same(hearAll(fragments('', 1, 0)).events, ['']);
  t.same(hearAll(fragments('Hello', 2, 2)).events, [Buffer.from('Hello')]);
  const [a, b, c] = fragments('Hello', 1, 2, 4);
  t.same(
    hearAll([a, ping('p'), b, pong(), ping(), c, text('next')]).events,
    [{ sends: '8a0170' }, { sends: '8a00' }, 'Hello', 'next'],
    'control frames between',
  );
  t.equal(hearAll([a, text('x')]).status, 1002, 'a message within another');
  t.equal(hearAll([frame({ opcode: 0 })]).status, 1002, 'a continuation of nothing');
  t.equal(
    hearAll([...fragments('x', 1, 0), frame({ opcode: 0 })]).status,
    1002,
    'or of what is over',
  );
  const cut = hear([Buffer.concat([a, ping('p')]), b.subarray(0, 3)]);
  t.same(
    [cut.events, cut.step],
    [[{ sends: '8a0170' }], Step.MORE],
    'a ping is answered before the message is there',
  );
});

void t.test('5.5: control frames', async (t) => {
  for (const opcode of [8, 9, 10]) {
    t.equal(hearAll(frame({ opcode, fin: false })).status, 1002, `${opcode} fragmented`);
    t.equal(
      hear([frame({ opcode, payload: Buffer.alloc(126, 'a') })]).status,
      1002,
      `${opcode} long`,
    );
  }
  const most = 'x'.repeat(125);
  t.same(hearAll(ping(most)).events, [{ sends: `8a7d${Buffer.from(most).toString('hex')}` }]);
  t.same(hearAll([pong('unasked'), text('a')]).events, ['a']);
});

void t.test('5.5.1, 7.4: Close', async (t) => {
  const plain = hearAll([frame({ opcode: 8 }), text('late')]);
  t.same(plain.events, [{ sends: '8800' }], 'nothing behind it is looked at');
  t.same([plain.step, plain.farewell], [Step.END, { status: 1005, text: '' }]);
  for (const code of [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999,
  ]) {
    const heard = hearAll(close(code, 'né'));
    t.same(heard.events, [{ sends: `8802${code.toString(16).padStart(4, '0')}` }]);
    t.same(heard.farewell, { status: code, text: 'né' });
  }
  for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
    const heard = hearAll(close(code));
    t.same([heard.status, heard.reply], [1002, '880203ea'], `${code} is not to be sent`);
  }
  t.equal(hearAll(frame({ opcode: 8, payload: 'x' })).status, 1002, 'half a status');
  t.equal(hearAll(close(1000, Buffer.from([0xff]))).status, 1007, 'text that is not UTF-8');
  const [a] = fragments('Hello', 1, 2);
  t.equal(hearAll([a, close(1000)]).step, Step.END, 'within a message');
});

void t.test('8.1: UTF-8, as it arrives', async (t) => {
  const good = [
    'κόσμε',
    '\0',
    '\x7f\x80\u07ff\u0800\uffff',
    '\u{10000}\u{10ffff}',
    '\ufffd',
    '\ud7ff\ue000',
  ];
  for (const one of good) {
    t.same(hearAll(text(one)).events, [one]);
    const bytes = Buffer.from(one);
    for (let at = 0; at <= bytes.length; at += 1)
      t.same(hear(fragments(bytes, 1, at)).events, [one]);
    t.same(hearAll(fragments(bytes, 1, ...bytes.keys())).events, [one], 'each byte a frame');
  }
  const bad = [
    '80',
    'bf',
    'c0 af',
    'c1 bf',
    'e0 80 af',
    'e0 9f bf',
    'f0 80 80 af',
    'f0 8f bf bf',
    'f8 88 80 80 80',
    'fe',
    'ff',
    'ed a0 80',
    'ed bf bf',
    'f4 90 80 80',
    'f5 80 80 80',
    'c3 28',
    'e2 82 28',
    'f0 9f 98 28',
    'e2 82',
    'f0 9f 98',
    'c3',
  ];
  for (const bytes of bad) {
    for (const around of ['', 'κόσμε '.repeat(5)]) {
      const payload = Buffer.concat([Buffer.from(around), hex(bytes)]);
      const heard = hearAll(frame({ payload }));
      t.same([heard.status, heard.reply], [1007, '880203ef'], bytes);
      t.equal(hearAll(fragments(payload, 1, 1)).status, 1007, `${bytes}, in two frames`);
    }
  }
  for (const [bytes, at] of [
    ['f4 90 80 80', 2],
    ['ed a0 80', 2],
    ['e0 80 80', 2],
    ['c0 80', 1],
    ['f5 80 80 80', 1],
  ] as const) {
    const unfinished = frame({ payload: Buffer.concat([hex(bytes), Buffer.alloc(60_000, 'x')]) });
    t.equal(
      hear([unfinished.subarray(0, 8 + at)]).status,
      1007,
      `${bytes}: refused at byte ${at}, not later`,
    );
    t.equal(hear([unfinished.subarray(0, 8 + at - 1)]).step, Step.MORE);
    const [first] = fragments(hex(bytes), 1, at);
    t.equal(hear([first]).status, 1007, 'and in a frame that is whole');
  }
  t.same(hearAll(frame({ opcode: 2, payload: hex('ff') })).events, [hex('ff')], 'bytes may be any');
});

void t.test('limits', async (t) => {
  const options = { messageLimitBytes: 100, frameLimitBytes: 60, fragmentLimit: 4 };
  t.same(hearAll(fragments(Buffer.alloc(100, 'a'), 2, 60), { options }).events, [
    Buffer.alloc(100, 'a'),
  ]);
  const long = hearAll(text('x'.repeat(61)), { options });
  t.same([long.status, long.reply], [1009, '880203f1'], 'a frame');
  t.equal(
    hear([text('x'.repeat(61)).subarray(0, 2)], { options }).status,
    1009,
    'by its length alone',
  );
  t.equal(hearAll(fragments(Buffer.alloc(101, 'a'), 2, 50), { options }).status, 1009, 'a message');
  t.equal(hearAll(fragments('aaaa', 1, 1, 2, 3), { options }).events.length, 1);
  t.equal(hearAll(fragments('aaaaa', 1, 1, 2, 3, 4), { options }).status, 1008, 'frames');
  const [a] = fragments('aa', 1, 1);
  t.equal(hearAll([a, ping(), ping(), ping(), ping()], { options }).status, 1008, 'pings count');
  t.equal(hear([text('x'.repeat(LIMIT + 1)).subarray(0, 12)]).status, 1009, "the server's own");
});

void t.test('RFC 7692: compressed messages', async (t) => {
  const deflated = { windowBits: 15, options: { messageLimitBytes: 1000 } };
  const press = (payload: string | Uint8Array) =>
    deflateRawSync(payload, { finishFlush: 2 }).subarray(0, -4);
  const of = (payload: string | Uint8Array, opcode = 1) =>
    frame({ rsv: 4, opcode, payload: press(payload) });
  t.same(hearAll(of('Hello κόσμε'), deflated).events, ['Hello κόσμε']);
  t.same(hearAll([of(Buffer.from([255, 0]), 2), text('plain')], deflated).events, [
    Buffer.from([255, 0]),
    'plain',
  ]);
  t.equal(hearAll(of(Buffer.from([0xff])), deflated).status, 1007, 'text that is not UTF-8');
  t.equal(hearAll(frame({ rsv: 4, payload: 'no deflate' }), deflated).status, 1007);
  t.same(hearAll(of('x'.repeat(1000)), deflated).events, ['x'.repeat(1000)]);
  t.equal(hearAll(of('x'.repeat(1001)), deflated).status, 1009, 'past the limit when inflated');
  const bomb = press(Buffer.alloc(50_000_000));
  const before = process.memoryUsage().rss;
  t.equal(
    hear([frame({ rsv: 4, opcode: 2, payload: bomb })], { windowBits: 15 }).status,
    1009,
    'a bomb of 50 MB',
  );
  t.ok(process.memoryUsage().rss - before < 30_000_000, 'is not inflated');
  const [a, b] = fragments('aa', 1, 1);
  const [continued] = [frame({ rsv: 4, opcode: 0, payload: 'x' })];
  t.equal(hearAll([a, continued], deflated).status, 1002, '6.1: RSV1 is for the first frame');
  t.same(hearAll([a, b], deflated).events, ['aa']);
  t.equal(hearAll(frame({ rsv: 4, opcode: 9 }), deflated).status, 1002, 'nor for control frames');
});

void t.test('the ends', async (t) => {
  const decoder = websocket({}).server.decoder(LIMIT);
  decoder.feed(Buffer.alloc(0), 0, 0, 0);
  t.equal(decoder.finish(), Step.END, 'between messages');
  decoder.feed(text('abc'), 0, 5, 0);
  t.equal(decoder.next(), Step.MORE);
  t.equal(decoder.finish(), Step.FAIL, 'within one');
  t.equal(decoder.failure?.code, 'CUT_SHORT');
});

void t.test('what cannot be sent', async (t) => {
  const { server } = websocket({});
  const writer = new Writer();
  for (const value of [undefined, null, 1, {}, [1], new ArrayBuffer(1)]) {
    t.throws(() => server.encode(value as never, writer, undefined), TypeError);
  }
  t.equal(writer.size, 0, 'nothing was written');
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5]) {
    t.throws(() => server.encodeClose!('handler', code), TypeError, `status ${code}`);
  }
  t.throws(() => server.encodeClose!('handler', 1000, 'x'.repeat(124)), TypeError);
  t.equal(Buffer.from(server.encodeClose!('handler', 1000, 'é')).toString('hex'), '880403e8c3a9');
  t.same(status(1000, 'é').toString('hex'), '03e8c3a9');
});
