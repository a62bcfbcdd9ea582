/** Reads responses out of bytes, by itself: what it shares with our own decoders would hide their faults. */
import assert from 'node:assert/strict';

export interface Answer {
  readonly status: number;
  /** As they came, without Date. */
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly body: string;
  /** How the body was framed. */
  readonly framing: 'none' | 'length' | 'chunked' | 'end';
  readonly trailers: ReadonlyArray<readonly [string, string]>;
}

/**
 * Every response in `text`, one character for each byte, up to its end; interim ones (1xx) are passed over. `methods`
 * are those of the requests, in order: a response to HEAD has no body.
 *
 * @throws AssertionError where a response is cut, or followed by what is none
 */
export function answersIn(text: string, methods: readonly string[]): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\r\n\r\n', at);
    assert.notEqual(end, -1, `a head is cut: ${JSON.stringify(text.slice(at))}`);
    const [line, ...lines] = text.slice(at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line)?.[1]);
    assert.ok(status >= 100, `a status line: ${JSON.stringify(line)}`);
    const headers = lines.map(field).filter(([name]) => name !== 'Date');
    at = end + 4;
    if (status < 200 && status !== 101) continue;
    const value = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
    const length = value('content-length');
    let body = '';
    let framing: Answer['framing'] = 'none';
    let trailers: Answer['trailers'] = [];
    const bodiless =
      methods[answers.length] === 'HEAD' || status === 204 || status === 304 || status === 101;
    if (bodiless) {
      body = '';
    } else if (value('transfer-encoding') === 'chunked') {
      framing = 'chunked';
      ({ body, trailers, at } = dechunked(text, at));
    } else if (length === undefined) {
      framing = 'end';
      body = text.slice(at);
      at = text.length;
    } else {
      framing = 'length';
      body = text.slice(at, at + Number(length));
      assert.equal(body.length, Number(length), 'a body is cut');
      at += Number(length);
    }
    answers.push({ status, headers, body, framing, trailers });
  }
  return answers;
}

function dechunked(text: string, from: number) {
  let body = '';
  for (let at = from; ;) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    assert.match(text.slice(at, line), /^[0-9a-f]+$/, 'a chunk size');
    at = line + 2;
    if (size === 0) {
      if (text.startsWith('\r\n', at)) return { body, trailers: [], at: at + 2 };
      const end = text.indexOf('\r\n\r\n', at);
      assert.notEqual(end, -1, 'a trailer section is cut');
      return { body, trailers: text.slice(at, end).split('\r\n').map(field), at: end + 4 };
    }
    body += text.slice(at, at + size);
    assert.equal(text.slice(at + size, at + size + 2), '\r\n', 'a chunk ends');
    at += size + 2;
  }
}

function field(line: string): [string, string] {
  const colon = line.indexOf(': ');
  assert.ok(colon > 0, `a header line: ${JSON.stringify(line)}`);
  return [line.slice(0, colon), line.slice(colon + 2)];
}
