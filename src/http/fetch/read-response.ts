/** A real Response as a reply: short bodies whole, with their length, longer and later ones as a stream. */
import { Buffer } from 'node:buffer';
import { show } from '../../protocols/framing/options.ts';
import type { ReplyStream } from '../../protocols/protocol.ts';
import type { HttpResponse } from '../../protocols/http1/response.ts';
import { fetchGlobals } from './natives.ts';

/** A stream that has its bytes at hand gives them within so many turns of the microtask queue (undici: 3 to 5). */
const PATIENCE = 12;

type Chunk = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/** @throws TypeError where it is no Response, or its body has been read. */
export async function readResponse(response: Response): Promise<HttpResponse> {
  if (!(response instanceof fetchGlobals().Response)) {
    throw new TypeError(`A fetch handler returns a Response, and this one ${show(response)}.`);
  }
  if (response.bodyUsed) throw new TypeError("The Response's body has been read already.");
  const { status } = response;
  if (status < 200) throw new TypeError('The Response is an error (Response.error()).');
  const headers = [...response.headers] as Array<[string, string]>;
  if (response.body === null) return { status, headers };
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const read = [];
  // What comes at once and ends is sent with its length; what does not is streamed.
  for (let i = 0; i < 2; i += 1) {
    const next = reader.read();
    const chunk = await soon(next);
    if (chunk === undefined)
      return { status, headers, body: rest(read, next, reader, response.body) };
    if (chunk.done) return { status, headers, body: Buffer.concat(read) };
    read.push(chunk.value);
  }
  return { status, headers, body: rest(read, reader.read(), reader, response.body) };
}

/** The value, if it is there soon. */
async function soon(promise: Promise<Chunk>): Promise<Chunk | undefined> {
  const state = { settled: false };
  const settle = () => {
    state.settled = true;
  };
  promise.then(settle, settle);
  for (let turns = 0; turns < PATIENCE && !state.settled; turns += 1) await Promise.resolve();
  return state.settled ? promise : undefined;
}

/** What was read, what is being read, and what follows. */
function rest(
  read: Uint8Array[],
  next: Promise<Chunk>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  source: ReadableStream & Pick<ReplyStream, 'drain'>,
): ReplyStream {
  let pending: Promise<Chunk> | undefined = next;
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      const piece = read.shift();
      if (piece !== undefined) return { done: false, value: piece };
      const { done, value } = await (pending ?? reader.read());
      pending = undefined;
      return done ? { done: true, value: undefined } : { done: false, value };
    },
    // Not a generator, whose end nobody hears where it has not begun.
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator, drain: () => source.drain?.() };
}
