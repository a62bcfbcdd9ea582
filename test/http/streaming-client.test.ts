/** Responses that are read while they come: the same content wherever they are cut, and what is refused. */
import t from 'tap';
import { limitsOf } from '../../src/protocols/http1/options.ts';
import { StreamingResponseDecoder } from '../../src/protocols/http1/streaming-response-decoder.ts';
import { Step } from '../../src/protocols/protocol.ts';
import { bytes } from './support.ts';

interface Heard {
  readonly status: number;
  readonly content: string;
  readonly last: Step;
  readonly finish: Step;
  readonly says: string;
}

/** Fed as the contract says: what was not consumed comes again, in front of what follows. */
function hear(pieces: readonly Buffer[]): Heard {
  const decoder = new StreamingResponseDecoder(limitsOf({}, 1000));
  let status = 0;
  let content = '';
  let kept: Buffer = Buffer.alloc(0);
  let step: Step = Step.MORE;
  for (const piece of pieces) {
    const shared = Buffer.concat([kept, piece]);
    decoder.feed(shared, 0, shared.length, kept.length);
    for (
      step = decoder.next();
      step === Step.MESSAGE || step === Step.PART;
      step = decoder.next()
    ) {
      if (step === Step.MESSAGE) ({ status } = decoder.take());
      else content += shared.toString('latin1', decoder.start, decoder.end);
    }
    if (step !== Step.MORE) break;
    kept = Buffer.from(shared.subarray(decoder.pos));
    shared.fill(0xee);
  }
  const says = decoder.failure?.message ?? '';
  return { status, content, last: step, finish: decoder.finish(), says };
}

function cuts(all: Buffer): Buffer[][] {
  const ways = [[all], Array.from(all, (byte) => Buffer.from([byte]))];
  for (let at = 1; at < all.length; at += 1) ways.push([all.subarray(0, at), all.subarray(at)]);
  return ways;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const { END, FAIL, MORE } = Step;

/** Name, bytes, content, the last step, and what the connection's end is then. */
const RESPONSES: ReadonlyArray<readonly [string, string, string, Step, Step]> = [
  ['by length', `${OK}Content-Length: 5\r\n\r\nhello`, 'hello', END, END],
  ['without a body', `${OK}Content-Length: 0\r\n\r\n`, '', END, END],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', '', END, END],
  ['chunked', `${chunked}5\r\nhello\r\n3;a="b"\r\n wo\r\n0\r\n\r\n`, 'hello wo', END, END],
  ['with trailers', `${chunked}1\r\na\r\n0\r\nA: b\r\n\r\n`, 'a', END, END],
  ['to the end', `${OK}\r\nall that comes`, 'all that comes', MORE, END],
  ['behind interim ones', `HTTP/1.1 103 x\r\nA: b\r\n\r\n${OK}\r\nhello`, 'hello', MORE, END],
  ['cut in its length', `${OK}Content-Length: 6\r\n\r\nhello`, 'hello', MORE, FAIL],
  ['cut in a chunk', `${chunked}5\r\nhel`, 'hel', MORE, FAIL],
  ['cut between chunks', `${chunked}5\r\nhello\r\n`, 'hello', MORE, FAIL],
  ['cut in its trailers', `${chunked}0\r\nA: b\r\n`, '', MORE, FAIL],
  ['cut in its head', `${OK}A: b`, '', MORE, FAIL],
];

t.test('responses, cut at every byte', async (t) => {
  for (const [name, text, content, last, finish] of RESPONSES) {
    for (const pieces of cuts(bytes(text))) {
      const { says: _, status, ...heard } = hear(pieces);
      t.strictSame(heard, { content, last, finish }, name);
      t.equal(status, name === '204' ? 204 : name === 'cut in its head' ? 0 : 200, name);
    }
  }
});

const REFUSED: ReadonlyArray<readonly [string, RegExp]> = [
  [`${chunked}x\r\n`, /chunk size/],
  [`${chunked}1\na\r\n`, /chunk size is malformed/],
  [`${chunked}1\r\nab\r\n`, /not followed by CR LF/],
  [`${chunked}1\r\na\n`, /not followed by CR LF/],
  [`${chunked}1\r\na\rx`, /not followed by CR LF/],
  [`${chunked}123456789\r\n`, /more than 8 digits/],
  [`${chunked}1;${'a'.repeat(300)}`, /chunk line is too long/],
  [`${chunked}0\r\nContent-Length: 5\r\n\r\n`, /Content-Length must not stand in a trailer/],
  [`${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, /Transfer-Encoding/],
];

t.test('what is refused, cut at every byte', async (t) => {
  for (const [text, says] of REFUSED) {
    for (const pieces of cuts(bytes(text))) {
      const heard = hear(pieces);
      t.match(heard, { last: FAIL, finish: FAIL, says }, text);
    }
  }
});
