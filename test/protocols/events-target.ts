/** The parser of event streams as a target of the fuzzer. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { Step } from '../../src/protocols/protocol.ts';
import { EventParser } from '../../src/protocols/sse/parser.ts';
import type { Heard } from './harness.ts';
import type { Target } from './targets.ts';

const SAMPLES = [
  'data: hello\n\n',
  'event: a\r\ndata: 1\r\ndata: 2\r\nid: 7\r\nretry: 100\r\n\r\n',
  'data\rdata:\rdata: \r\r',
  ': comment\n\ndata: x\n\n:\n',
  '\ufeffdata: with a mark\n\n',
  'id: a\0b\ndata: x\n\nid\ndata: y\n\n',
  'retry: -1\nretry: 5x\ndata: x\n\n',
  'data: ä→😀\nevent: ü\n\n',
  'nonsense: x\ndata : x\n data: x\n\n',
  'data: without an end',
  `data: ${'x'.repeat(120)}\n\ndata: y\n\n`,
];

export const eventsTarget: Target = {
  name: 'sse.client',
  hear,
  codec: undefined,
  samples: SAMPLES.map((text) => Buffer.from(text)),
  large: [],
  unbounded: false,
};

function hear(pieces: Buffer[], limit: number): Heard {
  const parser = new EventParser(limit);
  const values: unknown[] = [];
  for (const piece of pieces) {
    const shared = Buffer.concat([Buffer.from('\n\n'), piece, Buffer.from('\n\n')]);
    parser.feed(shared, 2, 2 + piece.length);
    shared.fill(0xee);
    while (parser.next()) {
      const { data, lastEventId, type } = parser;
      assert.ok(data.length <= limit, 'no event is longer than the limit');
      values.push({ data, lastEventId, type });
    }
    if (parser.failure !== '') assert.equal(parser.next(), false, 'nothing comes behind a failure');
  }
  const { comments, failure, lastEventId, retryMs } = parser;
  if (failure === '') values.push({ comments, lastEventId, retryMs });
  return {
    // What comes in one piece with bytes that are no UTF-8 is not heard; in pieces it is.
    values: failure !== '' && !isUtf8(Buffer.concat(pieces)) ? [] : values,
    spans: [],
    failure: failure === '' ? '' : codeOf(failure, Buffer.concat(pieces)),
    reply: '',
    finished: failure === '' ? Step.END : Step.MORE,
  };
}

/** Of an event that is too long and bytes that are no UTF-8, which is met first depends on the pieces. */
function codeOf(failure: string, all: Buffer): string {
  return isUtf8(all) ? `TOO_LARGE: ${failure}` : 'MALFORMED';
}

/** Up to a character that is cut at the end. */
function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
