/** What single protocols promise beyond the suite of all. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import t from 'tap';
import { seeded, written } from '../../test/protocols/harness.ts';
import { OptionError } from '../errors.ts';
import { bytes } from './bytes.ts';
import { makeProtocol, protocolNames } from './index.ts';
import { jsonLines } from './json-lines.ts';
import { lengthPrefix } from './length-prefix.ts';
import { line } from './line.ts';
import { msgpack } from './msgpack.ts';
import { Step, type Codec, type Decoder } from './protocol.ts';
import { error, nullArray, ok, resp, simple } from './resp.ts';
import { Writer } from './writer.ts';

const writer = new Writer();

t.test('an option that is none is refused by name', (t) => {
  const cases: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ['bytes', { view: 1 }, /^bytes\(\): view is number 1; it must be true or false\.$/],
    ['bytes', { size: 1 }, /bytes\(\) has no option size; it has view\./],
    ['bytes', null, /takes an object of options, and got null/],
    ['line', { delimiter: '' }, /delimiter is ""; it must be one character or more/],
    ['line', { delimiter: '\ud800' }, /none of them a lone surrogate/],
    ['line', { delimiter: '€', encoding: 'latin1' }, /delimiter "€" is not latin1/],
    ['line', { delimiter: ';', carriageReturn: 'keep' }, /goes with the delimiter "\\n" only/],
    [
      'line',
      { encoding: 'ascii' },
      /encoding is "ascii"; it must be one of "utf8", "latin1", "raw"/,
    ],
    ['line', { maxBytes: 0 }, /maxBytes is number 0; it must be a whole number of bytes from 1 to/],
    ['line', { maxBytes: '5' }, /maxBytes is "5"/],
    ['length-prefix', { bytes: 3 }, /bytes is number 3; it must be one of 1, 2, 4, 8\./],
    ['length-prefix', { maxBytes: 2 ** 31 }, /maxBytes is number 2147483648/],
    ['msgpack', { maxDepth: 1.5 }, /maxDepth is number 1.5; it must be a whole number from 1/],
    ['json-lines', { emptyLines: true }, /emptyLines is boolean true/],
    ['resp', { encoding: [] }, /encoding is an array/],
  ];
  for (const [name, options, says] of cases) {
    assert.throws(
      () => makeProtocol(name, options as Record<string, unknown>),
      (failed) => failed instanceof OptionError && says.test(failed.message),
      `${name} ${String(says)}`,
    );
  }
  t.throws(() => makeProtocol('telnet'), {
    message: /no protocol "telnet"; it must be one of bytes, line,/,
  });
  t.throws(() => makeProtocol('toString'), OptionError);
  t.end();
});

/** Something to say to those that have no maxBytes. */
const OPTIONS: Record<string, Record<string, unknown>> = {
  bytes: { view: true },
  http: { bodyLimitBytes: 100 },
};

t.test('name and options build the same protocol in another thread', (t) => {
  for (const name of protocolNames) {
    const given = OPTIONS[name] ?? { maxBytes: 100, encoding: undefined };
    const protocol = makeProtocol(name, given);
    t.equal(protocol.name, name);
    t.ok(protocol.framed);
    t.ok(Object.isFrozen(protocol) && Object.isFrozen(protocol.options));
    const again = makeProtocol(protocol.name, structuredClone(protocol.options));
    t.same(again.options, protocol.options);
    t.same(protocol.options, OPTIONS[name] ?? { maxBytes: 100 });
  }
  t.end();
});

t.test('maxBytes goes before the limit of the server', (t) => {
  const input = Buffer.from(`${'x'.repeat(20)}\n`);
  for (const [protocol, step] of [
    [line({ maxBytes: 21 }), Step.MESSAGE],
    [line({ maxBytes: 20 }), Step.FAIL],
    [line(), Step.FAIL],
  ] as const) {
    const decoder = protocol.server.decoder(10);
    decoder.feed(input, 0, input.length, 0);
    t.equal(decoder.next(), step);
  }
  t.end();
});

t.test('bytes: a read longer than the limit is several messages', (t) => {
  const decoder = bytes().server.decoder(4);
  decoder.feed(Buffer.from('abcdefghi'), 0, 9, 0);
  const taken: string[] = [];
  while (decoder.next() === Step.MESSAGE) taken.push(decoder.take().toString());
  t.same(taken, ['abcd', 'efgh', 'i']);
  t.end();
});

t.test('a view is a view, and its reply a copy; without one both are their own', (t) => {
  const shared = Buffer.from('\0\0\0\x02hi');
  for (const view of [true, false]) {
    for (const [protocol, from] of [
      [bytes({ view }), 4],
      [lengthPrefix({ view }), 0],
    ] as const) {
      shared.write('hi', 4);
      const decoder = protocol.server.decoder(100);
      decoder.feed(shared, from, 6, from);
      t.equal(decoder.next(), Step.MESSAGE);
      const message = decoder.take();
      protocol.server.encode(message, writer, message);
      shared.write('XX', 4);
      t.equal(message.toString(), view ? 'XX' : 'hi');
      t.equal(written(writer).toString().slice(-2), 'hi');
    }
  }
  const alone = Buffer.from('by reference');
  bytes().server.encode(alone, writer, undefined);
  t.equal(writer.single, alone);
  writer.clear();
  bytes().server.encode(new Uint8Array(), writer, undefined);
  bytes().server.encode('', writer, undefined);
  t.equal(writer.size, 0, 'nothing is sent for nothing');
  t.end();
});

t.test('want is known as soon as a length is', (t) => {
  const wants = (codec: Codec<unknown, unknown>, text: string): number => {
    const decoder = codec.decoder(1000);
    decoder.feed(Buffer.from(text, 'latin1'), 0, text.length, 0);
    assert.equal(decoder.next(), Step.MORE);
    return decoder.want;
  };
  t.equal(wants(lengthPrefix().server, '\0'), 4);
  t.equal(wants(lengthPrefix().server, '\0\0\x01\0'), 260);
  t.equal(wants(lengthPrefix({ bytes: 8 }).server, ''), 8);
  t.equal(wants(msgpack({ endian: 'little' }).server, '\x07\0\0\0\x90'), 11);
  t.equal(wants(resp().server, '*2\r\n$3\r\nGET\r\n$100\r\nx'), 13 + 6 + 102);
  t.equal(wants(resp().server, '*3\r\n$10\r\n'), 9 + 12 + 2 * 6, 'arguments to come have 6 bytes');
  t.equal(wants(resp().client, '*2\r\n:1\r\n$100\r\nx'), 8 + 6 + 102);
  t.equal(wants(line().server, 'abc'), 0, 'a line may end with the next byte');
  t.end();
});

/** A buffer that counts how often its bytes are looked at, one by one. */
function counting(bytes: Buffer): { buffer: Buffer; looks: () => number } {
  let count = 0;
  const buffer = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) count += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { buffer, looks: () => count };
}

function drip(decoder: Decoder<unknown>, buffer: Buffer, length: number): void {
  for (let end = 1; end < length; end += 1) {
    decoder.feed(buffer, 0, end, end - 1);
    assert.equal(decoder.next(), Step.MORE);
  }
  decoder.feed(buffer, 0, length, length - 1);
  assert.equal(decoder.next(), Step.MESSAGE);
}

t.test('what comes byte by byte is not looked at again and again', (t) => {
  const command = `*500\r\n${'$3\r\nabc\r\n'.repeat(500)}`;
  const reply = `${'*1\r\n'.repeat(20)}*300\r\n${'*1\r\n:5\r\n$3\r\nabc\r\n'.repeat(150)}`;
  for (const [codec, text] of [
    [resp().server, command],
    [resp().client, reply],
    [lengthPrefix().server, `\0\0\x0f\xa0${'x'.repeat(4000)}`],
  ] as const) {
    const { buffer, looks } = counting(Buffer.from(text, 'latin1'));
    drip(codec.decoder(65_536), buffer, text.length);
    t.ok(looks() < text.length * 12, `${looks()} looks at ${text.length} bytes`);
  }
  for (const [codec, text] of [
    [line().server, `${'x'.repeat(3000)}\n`],
    [line({ delimiter: '--' }).server, `${'x'.repeat(3000)}--`],
    [resp().server, `${'x'.repeat(3000)}\n`],
    [resp().client, `+${'x'.repeat(3000)}\r\n`],
  ] as const) {
    const buffer = Buffer.from(text);
    let searched = 0;
    buffer.indexOf = (value, from) => {
      searched += buffer.length - Number(from);
      return Buffer.prototype.indexOf.call(buffer, value, Number(from));
    };
    const decoder = codec.decoder(65_536);
    for (let end = 1; end < text.length; end += 1) {
      searched = 0;
      decoder.feed(buffer, 0, end, end - 1);
      decoder.next();
      assert.ok(searched <= buffer.length - end + 3, 'a search goes on where it was');
    }
    t.pass('searches go on');
  }
  t.end();
});

t.test('a decoder that waits keeps no buffer, and none of a big message', (t) => {
  const decoder = resp().server.decoder(2 ** 20);
  const big = Buffer.from(`*9000\r\n${'$1\r\na\r\n'.repeat(9000)}`);
  decoder.feed(big, 0, big.length, 0);
  t.equal(decoder.next(), Step.MESSAGE);
  t.equal(decoder.take().length, 9000);
  t.equal(decoder.next(), Step.MORE);
  const kept = Object.values(decoder).map((value) => (value as { length?: number })?.length ?? 0);
  t.ok(Math.max(...kept) < 1000, 'fields are small again');
  t.end();
});

t.test('bombs: memory stays within a few times the limit', (t) => {
  const limit = 2 ** 20;
  const frame = (body: Buffer): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, body]);
  };
  const list = (element: number, count: number): Buffer => {
    const head = Buffer.from([0xdd, 0, 0, 0, 0]);
    head.writeUInt32BE(count, 1);
    return frame(Buffer.concat([head, Buffer.alloc(count, element)]));
  };
  const json = (element: string, count: number): Buffer =>
    Buffer.from(`[${Array.from({ length: count }, () => element).join(',')}]\n`);
  for (const [codec, bomb] of [
    [msgpack().server, list(0x90, limit - 9)],
    [msgpack().server, list(0x80, 65_535)],
    [jsonLines().server, json('[]', 300_000)],
    [jsonLines().server, json('{}', 30_000)],
  ] as const) {
    const decoder = codec.decoder(limit);
    decoder.feed(bomb, 0, bomb.length, 0);
    assert.equal(decoder.next(), Step.MESSAGE);
    const before = process.memoryUsage().heapUsed;
    let value: unknown;
    try {
      value = decoder.take();
    } catch (failed) {
      value = failed;
    }
    const grown = process.memoryUsage().heapUsed - before;
    t.ok(grown < limit * 8, `${bomb.length} bytes took ${grown}: ${String(value).slice(0, 60)}`);
  }
  t.end();
});

t.test('resp: what helpers make, and what a failed handler is answered', (t) => {
  t.same(
    [ok, nullArray, simple('PONG')],
    [{ simple: 'OK' }, { nullArray: true }, { simple: 'PONG' }],
  );
  t.same(error("ERR unknown command 'a\r\nb'"), { error: "ERR unknown command 'a  b'" });
  t.throws(() => simple('a\nb'), TypeError);
  const { server, client } = resp();
  server.encodeError?.(new Error('secret'), writer, ['GET']);
  t.equal(written(writer).toString(), '-ERR internal error\r\n');
  client.encode(
    ['SET', 'k', 5, 7n, new Uint8Array([0x61])] as unknown as string[],
    writer,
    undefined,
  );
  t.equal(
    written(writer).toString(),
    '*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n5\r\n$1\r\n7\r\n$1\r\na\r\n',
  );
  for (const value of [0, 9, 10, 99, 100, 12_345, 4_294_967_296, 2 ** 53 - 1, -1, -(2 ** 53) + 1]) {
    server.encode(value, writer, undefined);
    t.equal(written(writer).toString(), `:${value}\r\n`);
  }
  server.encode(-0, writer, undefined);
  t.equal(written(writer).toString(), ':0\r\n');
  t.end();
});

t.test('text of any length and kind goes through resp, also beside other replies', (t) => {
  const random = seeded(11);
  const { server, client } = resp();
  const alphabet = ['a', 'é', '€', '😀', '\r\n'];
  const sent = Array.from({ length: 300 }, () => {
    const length = Math.floor(random() * (random() < 0.1 ? 9000 : 40));
    const char = alphabet[Math.floor(random() * alphabet.length)];
    return (random() < 0.5 ? 'x' : '') + char.repeat(length);
  });
  for (const text of sent) server.encode(text, writer, undefined);
  const wire = written(writer);
  const decoder = client.decoder(2 ** 20);
  decoder.feed(wire, 0, wire.length, 0);
  for (const text of sent) {
    assert.equal(decoder.next(), Step.MESSAGE);
    assert.equal(decoder.take(), text);
  }
  t.equal(decoder.next(), Step.MORE);
  t.end();
});
