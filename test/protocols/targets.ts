/** What is fuzzed: every decoder of the table, by side and options, with what it is fed at first. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { makeHttp } from '../../src/protocols/http1/http.ts';
import { makeProtocol } from '../../src/protocols/index.ts';
import type { Codec } from '../../src/protocols/protocol.ts';
import { Writer } from '../../src/protocols/writer.ts';
import { AREAS } from '../http/cases/index.ts';
import { NOW_MS } from '../http/support.ts';
import { CASES } from './cases.ts';
import { receive, written, type Heard } from './harness.ts';
import { eventsTarget } from './events-target.ts';
import { websocketTargets } from './websocket-targets.ts';

export interface Target {
  /** 'resp.server', 'line.client {"encoding":"raw"}'. */
  readonly name: string;
  /** One run over pieces of an input, with that limit on a message. */
  hear(pieces: Buffer[], limit: number): Heard;
  /** To look at what its decoders keep of `large`; undefined where there is none. */
  readonly codec: Codec<unknown, unknown> | undefined;
  readonly samples: readonly Buffer[];
  /** Messages as long as `LARGE_LIMIT_BYTES` lets them be, or nearly. */
  readonly large: readonly Buffer[];
  /** Messages do not keep their boundaries: their bytes joined are compared. */
  readonly unbounded: boolean;
}

export const LARGE_LIMIT_BYTES = 16 * 1024;
const MOST_BYTES = 300;
const writer = new Writer();

const nested = (depth: number): unknown[] =>
  depth === 0 ? ['x'.repeat(900)] : [nested(depth - 1)];
/** By protocol and side: values of which the other side makes a long message. */
const LARGE: Readonly<Record<string, readonly unknown[]>> = {
  line: ['x'.repeat(16_000)],
  'length-prefix': ['x'.repeat(16_000)],
  msgpack: [
    'x'.repeat(16_000),
    Array.from({ length: 150 }, () => 'y'.repeat(100)),
    Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`k${i}`, 'y'.repeat(150)])),
  ],
  'json-lines': [Array.from({ length: 3000 }, () => null), 'x'.repeat(16_000), nested(60)],
  'resp.server': [
    Array.from({ length: 2000 }, () => 'a'),
    ['SET', 'k', 'x'.repeat(16_000)],
    ['SET', 'x'.repeat(8000), 'x'.repeat(8000)],
  ],
  'resp.client': [
    Array.from({ length: 3000 }, () => 1),
    Array.from({ length: 500 }, () => nested(2)[0]).slice(0, 16),
    nested(30),
    'x'.repeat(16_000),
  ],
};

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKS = `40\r\n${'x'.repeat(64)}\r\n`.repeat(200);
const LINES = Array.from({ length: 90 }, (_, i) => `X-${i}: ${'y'.repeat(150)}\r\n`).join('');
const LARGE_HTTP = {
  server: [
    `${HEAD}Content-Length: 16000\r\n\r\n${'x'.repeat(16_000)}`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}0\r\n\r\n`,
    `${HEAD}${LINES}\r\n`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n${LINES}\r\n`,
    `GET /${'x'.repeat(8000)} HTTP/1.1\r\n`,
  ],
  client: [
    `HTTP/1.1 200 OK\r\nContent-Length: 16000\r\n\r\n${'x'.repeat(16_000)}`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}0\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${LINES}\r\n`,
    `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(16_000)}`,
  ],
};

const RESPONSES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
  'HTTP/1.0 404 Not Found\r\nServer: x\r\n\r\nup to the end',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes',
  'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx',
];

function* targets(): Generator<Target> {
  const measured = new Set<string>();
  for (const { protocol: name, options, unbounded, ...sides } of CASES) {
    const protocol = makeProtocol(name, options);
    const given = Object.keys(options).length === 0 ? '' : ` ${JSON.stringify(options)}`;
    for (const side of ['server', 'client'] as const) {
      const { vectors, hostile, any } = sides[side];
      const peer = protocol[side === 'server' ? 'client' : 'server'];
      const encode = (value: unknown): Buffer => {
        peer.encode(value, writer, undefined);
        return written(writer);
      };
      const made = fc.sample(any, { numRuns: 20, seed: 5 }).map(encode);
      // Options change nothing about what waits: the first of each are enough.
      const isFirst = !measured.has(`${name}.${side}`);
      measured.add(`${name}.${side}`);
      const large = isFirst ? (LARGE[name] ?? LARGE[`${name}.${side}`] ?? []) : [];
      const samples = [...vectors, ...hostile].map(({ bytes }) => bytes);
      yield {
        name: `${name}.${side}${given}`,
        ...byCodec(protocol[side]),
        samples: [...samples, ...made].filter(isShort),
        large: large.map(encode),
        unbounded: unbounded !== undefined,
      };
    }
  }
  const http = makeHttp({}, () => NOW_MS); // refusals have a Date
  const requests = AREAS.flatMap(({ cases }) => cases.map(({ text }) => text));
  for (const [side, texts] of [
    ['server', requests],
    ['client', RESPONSES],
  ] as const) {
    const samples = texts.map((text) => Buffer.from(text, 'latin1')).filter(isShort);
    const large = LARGE_HTTP[side].map((text) => Buffer.from(text, 'latin1'));
    yield {
      name: `http.${side}`,
      ...byCodec(http[side]),
      samples,
      large,
      unbounded: false,
    };
  }
}

function byCodec(codec: Codec<unknown, unknown>): Pick<Target, 'hear' | 'codec'> {
  return { codec, hear: (pieces, limit) => receive(codec, pieces, limit) };
}

function isShort(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.length < MOST_BYTES;
}

export const TARGETS: readonly Target[] = [...targets(), ...websocketTargets(), eventsTarget];
