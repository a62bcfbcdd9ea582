/** A real Response as a reply: short bodies whole, with their length, longer and later ones as a stream. */
import { Buffer } from 'node:buffer';
import { show } from '../../protocols/framing/options.ts';
import type { ReplyStream } from '../../protocols/protocol.ts';
import type { HttpResponse } from '../../protocols/http1/response.ts';
import { listOf } from '../../protocols/http1/headers.ts';
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
  const headers = response.url === '' ? fieldsOf(response.headers) : passedOn(response.headers);
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

/** Those that our own framing replaces (a Response made of another's headers has them). */
const FRAMING = new Set(['transfer-encoding', 'keep-alive', 'proxy-connection']);
/** RFC 9110, 7.6.1: of one connection, and not to be passed on. Connection may list more. */
const HOP_BY_HOP = ['connection', 'te', 'trailer', 'upgrade', 'proxy-authenticate'];
/** fetch() has decoded the body; these told how it came. */
const DECODED = ['content-encoding', 'content-length'];

export function fieldsOf(headers: Headers): Array<[string, string]> {
  return ([...headers] as Array<[string, string]>).filter(([name]) => !FRAMING.has(name));
}

/** The headers of a response that fetch() got from another server. */
function passedOn(headers: Headers): Array<[string, string]> {
  const dropped = new Set(HOP_BY_HOP);
  for (const name of listOf(headers.get('connection') ?? '')) dropped.add(name.toLowerCase());
  if (headers.has('content-encoding')) for (const name of DECODED) dropped.add(name);
  return fieldsOf(headers).filter(([name]) => !dropped.has(name));
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
  source: ReadableStream & Pick<ReplyStream, 'drain' | 'onLate'>,
): ReplyStream {
  next.catch(() => {}); // told when it is asked for; a client that does not read may never ask
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
  return {
    [Symbol.asyncIterator]: () => iterator,
    drain: () => source.drain?.(),
    onLate: (failed) => source.onLate?.(failed),
  };
}
