/** Every case of the table over a socket, in every mode: bodies collected and streamed, sent whole and in pieces. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import t from 'tap';
import type { HttpOptions } from '../../src/protocols/http1/http.ts';
import type { Server } from '../../src/serve.ts';
import { connectTo } from '../modes/support/client.ts';
import { forEveryMode, serveWith, WORKERS, type Combo } from '../modes/support/combos.ts';
import { Random, SEED } from '../modes/support/random.ts';
import { before } from '../modes/support/wait.ts';
import { answersIn, type Answer } from './answers.ts';
import { AREAS, TIGHT, type Case } from './cases/index.ts';
import { bytes, type PlainRequest } from './support.ts';

const CASES = AREAS.flatMap(({ name, cases }) =>
  cases.map((each) => ({ ...each, what: `${name}: ${each.what}` })),
);
const GOOD = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n';
const random = new Random();

void t.test('the table', { jobs: 1 }, async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'], unless: slow }, async (t, combo) => {
    for (const body of ['collect', 'stream'] as const) {
      for (const [options, cases] of bySets(combo, body)) {
        const server = await serveWith(t, combo, { handler: heard({ ...options, body }) });
        await all(cases, (each) => check(server, each, { between: true, pieces: true }));
        if (combo.mode === 'single') {
          await all(cases, (each) => check(server, each, { between: false, pieces: false }));
        }
        t.pass(`${cases.length} cases, ${body} ${JSON.stringify(options)}`);
        await server.close();
      }
    }
  });
});

/** The fallback path's decoder is fed by the same conversation: one mode shows it. */
function slow({ mode, readPath }: Combo): string | undefined {
  return readPath === 'fast' || mode === 'single' ? undefined : 'in single alone';
}

/**
 * The cases by their options. `single` hears each with bodies collected and streamed. In the other modes a server is
 * dearer, and the decoders are the same: each is heard with one of them, small limits collected (as `dispatched` and
 * `blocking` do everything), and limits that are a case's own not at all.
 */
function bySets({ mode }: Combo, body: 'collect' | 'stream'): Map<HttpOptions, Case[]> {
  const sets = new Map<string, [HttpOptions, Case[]]>();
  CASES.forEach((each, i) => {
    const key = JSON.stringify(each.options);
    if (mode !== 'single') {
      const streams = key === '{}' && (i + SEED) % 2 === 1 && !COLLECTING.has(mode);
      if ((key !== '{}' && key !== SMALL) || streams !== (body === 'stream')) return;
    }
    if (!sets.has(key)) sets.set(key, [each.options, []]);
    sets.get(key)![1].push(each);
  });
  return new Map(sets.values());
}

const SMALL = JSON.stringify(TIGHT);
const COLLECTING: ReadonlySet<string> = new Set(['dispatched', 'blocking']);

let modules = 0;

function heard(options: HttpOptions): URL {
  const url = new URL('./handlers/heard.ts', import.meta.url);
  url.searchParams.set('options', JSON.stringify(options));
  url.hash = String((modules += 1));
  return url;
}

/** As many at once as a mode with a thread to a connection has threads. */
async function all<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const lane = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
}

interface How {
  /** One request that is in order goes before it; and where it is refused, one behind it, which nobody hears. */
  readonly between: boolean;
  readonly pieces: boolean;
}

async function check(server: Server, each: Case, how: How): Promise<void> {
  const { text, heard, status } = each;
  const input = bytes((how.between ? GOOD : '') + text + (how.between && status !== 0 ? GOOD : ''));
  const client = await connectTo(server);
  try {
    if (how.pieces) await client.writeInPieces(random.cut(input, 3));
    else await client.write(input);
    // What is refused, or is the last, the server ends by itself.
    const endsItself = status !== 0 || heard.at(-1)?.keepAlive === false;
    if (endsItself) await before(client.ended, 'the server ends the connection');
    const received = (await client.finish()).toString('latin1');
    const expected = how.between ? [good, ...heard] : heard;
    const answers = answersIn(
      received,
      expected.map(({ method }) => method),
    );
    const taken = status === 0 ? answers : answers.slice(0, -1);
    assert.deepEqual(taken.map(requestOf), expected.map(withoutHeadsBody));
    if (status !== 0) assertRefusal(answers.at(-1), status);
    assert.equal(await client.ended, 'end');
  } catch (error) {
    throw new Error(`${each.what} ${JSON.stringify(how)} (SEED=${SEED}): ${JSON.stringify(text)}`, {
      cause: error,
    });
  } finally {
    client.socket.destroy();
  }
}

const good: PlainRequest = {
  method: 'GET',
  target: '/good',
  minorVersion: 1,
  keepAlive: true,
  upgrade: false,
  headers: [['host', 'a']],
  body: '',
  trailers: [],
};

function requestOf({ status, headers, body }: Answer): PlainRequest {
  assert.equal(status, 200);
  const [, packed] = headers.find(([name]) => name === 'x-heard')!;
  const request = JSON.parse(Buffer.from(packed, 'base64url').toString()) as PlainRequest;
  const ends = headers.some(([name, value]) => name === 'Connection' && value === 'close');
  assert.equal(ends, !request.keepAlive, 'Connection: close where it is the last');
  return { ...request, body };
}

function withoutHeadsBody(request: PlainRequest): PlainRequest {
  return request.method === 'HEAD' ? { ...request, body: '' } : request;
}

function assertRefusal(answer: Answer | undefined, status: number): void {
  assert.equal(answer?.status, status);
  assert.deepEqual(answer?.headers, [
    ['Connection', 'close'],
    ['Content-Length', '0'],
  ]);
}
