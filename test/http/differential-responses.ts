/**
 * Mutated responses, given to our client's decoder and to node:http's client. Whatever ours accepts, node:http must accept
 * with the same status, headers, body and trailers. What ours refuses and it does not must be for one of the reasons below.
 * Of each input the first final response is compared: node:http asks once for each.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { makeHttp } from '../../src/protocols/http1/http.ts';
import type {
  ReceivedResponse,
  ResponseDecoder,
} from '../../src/protocols/http1/response-decoder.ts';
import { Step } from '../../src/protocols/protocol.ts';
import { changed, type Random } from './mutant.ts';
import { pairs, Peer } from './peer.ts';
import { NOW_MS } from './support.ts';

/** Why we are stricter, by how our sentence begins. Each of these node:http (or its parser, llhttp) lets pass. */
export const STRICTER_CLIENT: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^The status line is malformed/,
    'RFC 9112, 4: llhttp takes statuses past 599, versions past 1.1',
  ],
  [
    /^A response with status (1xx|1\d\d|204) has no Transfer-Encoding/,
    'RFC 9112, 6.1: a server must not send it; llhttp passes over it',
  ],
  [/^HTTP\/1.0 has no (Transfer-Encoding|interim)/, 'RFC 9112, 6.1; RFC 9110, 15.2'],
  [
    /^The Transfer-Encoding does not end/,
    'RFC 9112, 6.3 has such a body end with the connection; nobody sends it by intent',
  ],
  [/^There is more than one (Transfer-Encoding|Content-Length)/, 'RFC 9112, 6.1, 6.3'],
  [/^No Transfer-Encoding other than chunked/, 'RFC 9112, 6.1: other codings are not decoded'],
  [/^It is chunked more than once/, 'RFC 9112, 6.1'],
  [/^([A-Z][A-Za-z-]+) must not stand in a trailer/, 'RFC 9110, 6.5.1'],
  [/^A tab stands beside/, 'llhttp takes it in front of a value, and not behind "chunked"'],
  [/^A chunk size has more than/, 'more than 8 digits: zeros in front'],
  [/^A chunk (size|extension|line)/, 'blanks, and bytes that no extension has; its length'],
  [/^The Content-Length is/, 'where there is no body, or in a trailer'],
  [/^The Host is not|^There is more than one Host/, 'RFC 9112, 3.2: a response has no use for it'],
  [/^The body (is too long|has more)/, 'a limit that Node does not have'],
];

/** What ours takes and node:http does not, with the reason. */
const BEYOND: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^HTTP\/1\.1 1[^]*?\r\n(?:proxy-)?connection:[^]*?\r\n\r\n/i,
    'close in an interim response, behind which llhttp reads nothing; the final one comes all the same',
  ],
];

const SAMPLES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nDate: x\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n',
  'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nup to the end',
  'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nup to the end',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx',
  'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: "x"\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny',
  'HTTP/1.1 299 \r\nX: \xe9\xff\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
];

interface Plain {
  status: number;
  minorVersion: number;
  headers: Array<[string, string]>;
  body: string;
  trailers: Array<[string, string]>;
}

export interface ClientTally {
  responses: number;
  accepted: number;
  bothRefuse: number;
  /** Accepted by us alone, for a reason. */
  beyond: number;
  /** By our reason. */
  readonly stricter: Map<string, number>;
}

export function emptyClientTally(): ClientTally {
  return { responses: 0, accepted: 0, bothRefuse: 0, beyond: 0, stricter: new Map() };
}

/** Runs `count` responses more. Throws an AssertionError with the input at the first difference that has no reason. */
export async function differResponses(
  count: number,
  random: Random,
  tally: ClientTally,
): Promise<void> {
  for (let left = count; left > 0; left -= BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, left) }, () => {
      let text = SAMPLES[Math.floor(random() * SAMPLES.length)];
      for (let i = Math.floor(random() * random() * 4); i >= 0; i -= 1) {
        text = changed(text, random);
      }
      const isHead = random() < 0.1;
      const input = Buffer.from(text, 'latin1');
      // What is behind the first response is not its own: node:http would break off, for it has asked once.
      const ours = heardByUs([input], isHead);
      const theirs = heardByNode(input.subarray(0, ours.end), isHead);
      return { input, isHead, ours, theirs };
    });
    for (const { input, isHead, ours, theirs } of batch) {
      compare(input, isHead, ours, await theirs, random, tally);
    }
    tally.responses += batch.length;
  }
}

const BATCH = 100;

function compare(
  input: Buffer,
  isHead: boolean,
  ours: Heard,
  theirs: Plain | undefined,
  random: Random,
  tally: ClientTally,
): void {
  const shown = `${isHead ? 'HEAD ' : ''}${JSON.stringify(input.toString('latin1'))}`;
  const at = Math.floor(random() * input.length);
  const cut = heardByUs([input.subarray(0, at), input.subarray(at)], isHead);
  assert.deepEqual(cut, ours, `cut at ${at}: ${shown}`);
  const text = input.toString('latin1');
  if (ours.first !== undefined && theirs === undefined && BEYOND.some(([is]) => is.test(text))) {
    tally.beyond += 1;
  } else if (ours.first !== undefined) {
    assert.deepEqual(ours.first, theirs, `node:http hears otherwise: ${shown}`);
    tally.accepted += 1;
  } else if (theirs === undefined) {
    tally.bothRefuse += 1;
  } else {
    const reason = STRICTER_CLIENT.find(([says]) => says.test(ours.says));
    assert.ok(reason !== undefined, `we refuse for no listed reason, "${ours.says}": ${shown}`);
    const name = ours.says.replace(/\b1\d\d\b/, '1xx');
    tally.stricter.set(name, (tally.stricter.get(name) ?? 0) + 1);
  }
}

interface Heard {
  /** The first final response, or undefined where it is refused or cut short. */
  readonly first: Plain | undefined;
  /** Where it ends, in the input; undefined where there is none. */
  readonly end: number | undefined;
  readonly says: string;
}

function heardByUs(pieces: readonly Buffer[], isHead: boolean): Heard {
  const { client } = makeHttp({}, () => NOW_MS);
  const decoder = client.decoder(1024 * 1024) as ResponseDecoder;
  decoder.expect(isHead);
  let kept: Buffer = Buffer.alloc(0);
  let step: Step = Step.MORE;
  let consumed = 0;
  for (const piece of pieces) {
    const all = Buffer.concat([kept, piece]);
    decoder.feed(all, 0, all.length, kept.length);
    step = decoder.next();
    if (step !== Step.MORE) break;
    kept = all.subarray(decoder.pos);
    consumed += decoder.pos;
  }
  if (step === Step.MORE) {
    decoder.feed(kept, 0, kept.length, kept.length);
    step = decoder.finish();
  }
  if (step !== Step.MESSAGE) {
    return { first: undefined, end: undefined, says: decoder.failure?.message ?? 'nothing' };
  }
  return { first: plain(decoder.take()), end: consumed + decoder.end, says: '' };
}

function plain(response: ReceivedResponse): Plain {
  const { status, minorVersion, headers, body, trailerFields } = response;
  return {
    status,
    minorVersion,
    headers: [...headers],
    body: body.toString('latin1'),
    trailers: [...trailerFields],
  };
}

/** The first final response, or undefined where node:http refuses it or waits for more. */
async function heardByNode(input: Buffer, isHead: boolean): Promise<Plain | undefined> {
  const peer = new Peer();
  const method = isHead ? 'HEAD' : 'GET';
  const request = http.request({ method, createConnection: () => peer });
  const heard = new Promise<Plain | undefined>((resolve) => {
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
    request.on('upgrade', (response) => resolve(plainOf(response, '')));
    request.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        const body = Buffer.concat(pieces).toString('latin1');
        resolve(response.complete ? plainOf(response, body) : undefined);
      });
    });
  });
  request.end();
  await new Promise(setImmediate);
  peer.push(Buffer.from(input));
  peer.push(null);
  const first = await heard;
  peer.destroy();
  return first;
}

function plainOf(response: http.IncomingMessage, body: string): Plain {
  return {
    status: response.statusCode!,
    minorVersion: response.httpVersionMinor,
    headers: pairs(response.rawHeaders),
    body,
    trailers: pairs(response.rawTrailers),
  };
}
