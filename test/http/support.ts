/**
 * Plays the connection for the http decoders: feeds bytes in pieces out of one buffer, keeps what was not consumed, and
 * overwrites the buffer after each piece, as a loop does. Every case is heard whole, cut at every byte, byte by byte, and
 * by the streaming decoder, and must be the same each time.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { makeHttp, type HttpOptions } from '../../src/protocols/http1/http.ts';
import type { HttpRequest } from '../../src/protocols/http1/request.ts';
import type { ReceivedResponse } from '../../src/protocols/http1/response-decoder.ts';
import { Step, type Decoder } from '../../src/protocols/protocol.ts';
import type { Writer } from '../../src/protocols/writer.ts';

export const LIMIT = 1024 * 1024;
/** Sun, 06 Nov 1994 08:49:37 GMT: the RFCs' own example. */
export const NOW_MS = 784_111_777_000;
const now = () => NOW_MS;
const MARGIN = 5;
/** Stale bytes that a careless search would find. */
const STALE = Buffer.from('\r\n\r\n0\r\n\r\n');

export interface PlainRequest {
  method: string;
  target: string;
  minorVersion: number;
  keepAlive: boolean;
  upgrade: boolean;
  headers: Array<[string, string]>;
  body: string;
  trailers: Array<[string, string]>;
}

export interface Heard<T> {
  messages: T[];
  /** Why it ended: MORE where it goes on. */
  step: Step;
  /** The status it was refused with; 0 where it was not. */
  status: number;
  says: string;
  reply: string;
}

/** What the collecting decoder finds in `pieces`. Beside it, the protocol's own bytes (100 Continue). */
export function hear(
  pieces: readonly Buffer[],
  options: HttpOptions = {},
): Heard<PlainRequest> & { control: string } {
  const decoder = makeHttp(options, now).server.decoder(LIMIT);
  return drive(decoder, pieces, plainRequest);
}

export function hearResponses(
  pieces: readonly Buffer[],
  options: HttpOptions = {},
  end = false,
): Heard<ReceivedResponse> {
  const decoder = makeHttp(options, now).client.decoder(LIMIT) as Decoder<ReceivedResponse>;
  return drive(decoder, pieces, (response) => response, end);
}

function drive<In, T>(
  decoder: Decoder<In>,
  pieces: readonly Buffer[],
  plain: (message: In) => T,
  end = false,
): Heard<T> & { control: string } {
  const messages: T[] = [];
  let control = '';
  let kept: Buffer = Buffer.alloc(0);
  let step: Step = Step.MORE;
  for (const piece of pieces) {
    const to = MARGIN + kept.length + piece.length;
    const shared = Buffer.alloc(to + 32, STALE);
    kept.copy(shared, MARGIN);
    piece.copy(shared, MARGIN + kept.length);
    decoder.feed(shared, MARGIN, to, MARGIN + kept.length);
    for (step = decoder.next(); ; step = decoder.next()) {
      if (step === Step.MESSAGE) {
        assert.equal(decoder.pos, decoder.end, 'pos is behind the message');
        messages.push(plain(decoder.take()));
      } else if (step === Step.ANSWER) {
        control += Buffer.from(decoder.control!).toString('latin1');
      } else if (step !== Step.HOLD) {
        break;
      }
    }
    if (step !== Step.MORE) break;
    assert.ok(decoder.want === 0 || decoder.want > to - decoder.pos, 'want asks for more');
    kept = Buffer.from(shared.subarray(decoder.pos, to));
    shared.fill(0xee); // what was taken must not change with it
  }
  if (end && step === Step.MORE) {
    decoder.feed(kept, 0, kept.length, kept.length);
    step = decoder.finish();
    if (step === Step.MESSAGE) messages.push(plain(decoder.take()));
  }
  return { messages, control, ...ending(decoder, step) };
}

/** The same by the streaming decoder, whose bodies are read as they come. */
export async function hearStreamed(
  pieces: readonly Buffer[],
  options: HttpOptions = {},
): Promise<Heard<PlainRequest>> {
  const decoder = makeHttp({ ...options, body: 'stream' }, now).server.decoder(LIMIT);
  const messages: PlainRequest[] = [];
  let reading: Promise<unknown> = Promise.resolve();
  let kept: Buffer = Buffer.alloc(0);
  let step: Step = Step.MORE;
  for (const piece of pieces) {
    const shared = Buffer.concat([kept, piece]);
    decoder.feed(shared, 0, shared.length, kept.length);
    for (step = decoder.next(); ; step = decoder.next()) {
      if (step === Step.MESSAGE) {
        const request = decoder.take();
        reading = request.bytes().then(
          (body) => messages.push(plainRequest(request, body)),
          () => {},
        );
      } else if (step === Step.WAIT) {
        await new Promise(setImmediate);
      } else if (step !== Step.PART && step !== Step.HOLD && step !== Step.URGENT) {
        break;
      }
      if (decoder.unfinished !== true) await reading;
    }
    if (step !== Step.MORE) break;
    kept = Buffer.from(shared.subarray(decoder.pos));
    shared.fill(0xee);
  }
  return { messages, ...ending(decoder, step) };
}

function ending(decoder: Decoder<unknown>, step: Step) {
  if (step !== Step.FAIL) return { step, status: 0, says: '', reply: '' };
  const { failure } = decoder;
  assert.equal(decoder.next(), Step.FAIL, 'FAIL stays');
  const [, status = '0', says = ''] = /^(?:(\d+): )?(.*)$/.exec(failure!.message)!;
  const reply = Buffer.from(failure!.reply ?? '').toString('latin1');
  return { step, status: Number(status ?? 0), says, reply };
}

export function plainRequest(request: HttpRequest, body: Buffer = request.body): PlainRequest {
  const { method, target, minorVersion, keepAlive, upgrade } = request;
  return {
    method,
    target,
    minorVersion,
    keepAlive,
    upgrade,
    headers: [...request.headers],
    body: body.toString('latin1'),
    trailers: [...request.trailers],
  };
}

/** One string, one byte to a character. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Heard in every way, and found to be the same. */
export async function hearAll(
  text: string,
  options: HttpOptions = {},
): Promise<Heard<PlainRequest>> {
  const all = bytes(text);
  const { control: _, ...whole } = hear([all], options);
  const same = (pieces: readonly Buffer[], how: string) => {
    const { control: __, ...heard } = hear(pieces, options);
    assert.deepEqual(heard, whole, how);
  };
  for (let at = 1; at < all.length; at += Math.ceil(all.length / (all.length > 5000 ? 50 : 2000))) {
    same([all.subarray(0, at), all.subarray(at)], `cut at ${at}`);
  }
  const bytewise = Array.from(all, (byte) => Buffer.from([byte]));
  if (all.length < 20_000) same(bytewise, 'byte by byte');
  const cuts = Array.from({ length: all.length < 200 ? all.length : 0 }, (_, at) => [
    all.subarray(0, at),
    all.subarray(at),
  ]);
  for (const pieces of [[all], bytewise, ...cuts]) {
    const streamed = await hearStreamed(pieces, options);
    assert.deepEqual(streamed.messages, whole.messages, 'streamed');
    assert.equal(streamed.status, whole.status, 'streamed');
  }
  return whole;
}

/** What a writer holds. Empties it. */
export function written(writer: Writer): string {
  let text: string;
  if (writer.length > 0) text = writer.buffer.toString('latin1', 0, writer.length);
  else if (writer.single !== undefined) text = Buffer.from(writer.single).toString('latin1');
  else text = Buffer.from(writer.string, writer.latin1Only ? 'latin1' : 'utf8').toString('latin1');
  writer.clear();
  return text;
}
