/**
 * Mutated requests, given to our decoder and to node:http. Whatever we accept, node:http must accept with the same
 * method, target, headers, body and trailers, and with the same mind about what comes behind it. What we refuse and it
 * does not must be for one of the reasons below.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { Step } from '../../src/protocols/protocol.ts';
import { mutant, type Random } from './mutant.ts';
import { pairs, Peer } from './peer.ts';
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

/** One connection of node:http's. */
class Client extends Peer {
  requests: NodeRequest[] = [];
  refused = false;
}

const server = http.createServer((request, response) => {
  const pieces: Buffer[] = [];
  const { method, url, httpVersionMinor, rawHeaders } = request;
  const plain = {
    method: method!,
    target: url!,
    minorVersion: httpVersionMinor,
    keepAlive: response.shouldKeepAlive,
    headers: pairs(rawHeaders),
    body: '',
    trailers: [] as Array<[string, string]>,
  } as PlainRequest;
  const entry = { plain, done: false };
  (request.socket as unknown as Client).requests.push(entry);
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
server.on('clientError', (_error, socket) => {
  (socket as unknown as Client).refused = true;
});

export interface Tally {
  requests: number;
  /** We took every byte as whole requests, and so did node:http. */
  accepted: number;
  /** We refused, and node:http too. */
  bothRefuse: number;
  /** Neither has heard a whole request, nor refused one. */
  waiting: number;
  /** We refused and it did not, by our reason. */
  readonly stricter: Map<string, number>;
}

export function emptyTally(): Tally {
  return { requests: 0, accepted: 0, bothRefuse: 0, waiting: 0, stricter: new Map() };
}

/** Runs `count` mutants more. Throws an AssertionError with the input at the first difference that has no reason. */
export async function differential(count: number, random: Random, tally: Tally): Promise<void> {
  for (let left = count; left > 0; left -= BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, left) }, () => {
      const input = mutant(random);
      return { input, peer: connect(input) };
    });
    for (let turns = 0; turns < 6; turns += 1) await new Promise(setImmediate);
    for (const { input, peer } of batch) {
      await compare(input, peer, random, tally);
      peer.destroy();
    }
    tally.requests += batch.length;
  }
}

const BATCH = 100;

/** The same for one input. */
export async function differ(input: Buffer, random: Random, tally: Tally): Promise<void> {
  const peer = connect(input);
  for (let turns = 0; turns < 6; turns += 1) await new Promise(setImmediate);
  await compare(input, peer, random, tally);
  peer.destroy();
}

function connect(input: Buffer): Client {
  const peer = new Client();
  peer.on('error', () => {});
  server.emit('connection', peer);
  peer.push(Buffer.from(input));
  return peer;
}

async function compare(input: Buffer, peer: Client, random: Random, tally: Tally): Promise<void> {
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
  const upgrade = ours.messages.findIndex(asksForUpgrade);
  const comparable = upgrade === -1 ? ours.messages : ours.messages.slice(0, upgrade + 1);
  comparable.forEach((message, i) => {
    const { upgrade: _, ...same } = message;
    const other = theirs[i];
    if (other !== undefined && mayEndOtherwise(message)) other.keepAlive = same.keepAlive;
    assert.deepEqual(same, other, `node:http hears otherwise: ${shown}`);
  });
  if (peer.requests.some(({ plain }) => asksForUpgrade(plain))) {
    tally.accepted += 1;
    return;
  }
  if (ours.step === Step.FAIL) {
    if (peer.refused && theirs.length <= ours.messages.length) {
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
  if (ours.step === Step.MORE)
    assert.equal(theirs.length, ours.messages.length, `we wait for more: ${shown}`);
  if (ours.messages.length > 0) tally.accepted += 1;
  else tally.waiting += 1;
}

function asksForUpgrade({ headers }: PlainRequest): boolean {
  return headers.some(([name]) => name === 'upgrade');
}

/** Where the end of the connection is no question of the request's bytes alone. */
function mayEndOtherwise({ headers, keepAlive }: PlainRequest): boolean {
  return headers.some(
    ([name, value]) =>
      // RFC 9112, C.2.2: it means nothing; llhttp takes it for Connection.
      name === 'proxy-connection' ||
      // RFC 9112, 9.3: close goes before keep-alive; llhttp takes whichever of them HTTP/1.0 has.
      (name === 'connection' && /\bclose\b/i.test(value) && !keepAlive),
  );
}
