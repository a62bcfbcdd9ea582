/**
 * What a protocol costs without a socket: nanoseconds to decode one message and to encode one reply, where one read
 * brings 1 or 16. Rounds are interleaved, medians reported.
 *
 *     node test/protocols/bench.ts [name…]
 */
import { Buffer } from 'node:buffer';
import { makeProtocol } from '../../src/protocols/index.ts';
import { Step } from '../../src/protocols/protocol.ts';
import { Writer } from '../../src/protocols/writer.ts';

const ROUNDS = 25;
const ROUND_MESSAGES = 20_000;
const text64 = 'abcdefgh'.repeat(8);
const data = { id: 17, name: 'abcdefgh', tags: ['a', 'b'], ok: true, at: 1.5 };
const values = new Map<string, string>();
const key = (i: number) => `key:${String(i % 1000).padStart(12, '0')}`;

interface Case {
  readonly name: string;
  readonly protocol: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly request: (i: number) => unknown;
  /** Default: the request. */
  readonly reply?: (input: never) => unknown;
}

const CASES: readonly Case[] = [
  { name: 'bytes', protocol: 'bytes', request: () => text64 },
  { name: 'bytes view', protocol: 'bytes', options: { view: true }, request: () => text64 },
  { name: 'line', protocol: 'line', request: () => text64 },
  { name: 'line latin1', protocol: 'line', options: { encoding: 'latin1' }, request: () => text64 },
  { name: 'line raw', protocol: 'line', options: { encoding: 'raw' }, request: () => text64 },
  { name: 'length-prefix', protocol: 'length-prefix', request: () => text64 },
  {
    name: 'length-prefix view',
    protocol: 'length-prefix',
    options: { view: true },
    request: () => text64,
  },
  { name: 'msgpack', protocol: 'msgpack', request: () => data },
  { name: 'json-lines', protocol: 'json-lines', request: () => data },
  { name: 'resp GET', protocol: 'resp', request: (i) => ['GET', key(i)], reply: execute },
  { name: 'resp SET', protocol: 'resp', request: (i) => ['SET', key(i), 'xxx'], reply: execute },
  {
    name: 'resp PING',
    protocol: 'resp',
    request: () => ['PING'],
    reply: () => ({ simple: 'PONG' }),
  },
  { name: 'resp echo 64', protocol: 'resp', request: () => ['ECHO', text64], reply: echo },
];

const ok = Object.freeze({ simple: 'OK' });
function execute(command: string[]): unknown {
  if (command[0] === 'GET') return values.get(command[1]) ?? null;
  values.set(command[1], command[2]);
  return ok;
}
function echo(command: string[]): unknown {
  return command[1];
}

/** One feed of `pipeline` messages, again and again. */
function prepare(one: Case, pipeline: number) {
  const { server, client } = makeProtocol(one.protocol, one.options);
  const writer = new Writer();
  const sink = Buffer.allocUnsafeSlow(65_536);
  const shared = Buffer.allocUnsafeSlow(65_536);
  const feeds: Buffer[] = [];
  for (let i = 0; i < 64; i += 1) {
    for (let k = 0; k < pipeline; k += 1) {
      client.encode(one.request(i * pipeline + k), writer, undefined);
      if (one.protocol === 'bytes') break;
    }
    feeds.push(Buffer.from(flush()));
  }
  const decoder = server.decoder(65_536);
  const reply = one.reply ?? ((input: unknown) => input);

  function flush(): Uint8Array {
    let sent: Uint8Array;
    if (writer.length > 0) sent = writer.buffer.subarray(0, writer.length);
    else if (writer.string === '') sent = writer.single!;
    else sent = sink.subarray(0, sink.write(writer.string, writer.latin1Only ? 'latin1' : 'utf8'));
    writer.clear();
    return sent;
  }

  return (messages: number, decodeOnly: boolean): number => {
    let left = messages;
    let bytes = 0;
    for (let i = 0; left > 0; i = (i + 1) & 63) {
      const feed = feeds[i];
      feed.copy(shared);
      decoder.feed(shared, 0, feed.length, 0);
      while (decoder.next() === Step.MESSAGE) {
        left -= 1;
        const input = decoder.take() as never;
        if (!decodeOnly) server.encode(reply(input), writer, input);
      }
      if (!decodeOnly) bytes += flush().length;
    }
    return bytes;
  };
}

const wanted = process.argv.slice(2);
const cases = CASES.filter(
  (one) => wanted.length === 0 || wanted.some((word) => one.name.startsWith(word)),
);
for (let i = 0; i < 1000; i += 1) execute(['SET', key(i), 'xxx']);
const runs = cases.flatMap((one) =>
  [1, 16].flatMap((pipeline) => {
    const run = prepare(one, pipeline);
    return [true, false].map((decodeOnly) => ({
      one,
      pipeline,
      decodeOnly,
      run,
      ns: [] as number[],
    }));
  }),
);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { run, decodeOnly, ns } of runs) {
    const start = process.hrtime.bigint();
    run(ROUND_MESSAGES, decodeOnly);
    ns.push(Number(process.hrtime.bigint() - start) / ROUND_MESSAGES);
  }
}
console.log('ns per message       decode /1   both /1  decode /16  both /16');
for (const one of cases) {
  const figures = runs.filter((run) => run.one === one).map(({ ns }) => median(ns).toFixed(0));
  console.log(one.name.padEnd(20) + figures.map((figure) => figure.padStart(10)).join(''));
}

function median(figures: number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1];
}
