/** Bodies that come while they are sent: framed in chunks, or counted against the Content-Length that was announced. */
import { Buffer } from 'node:buffer';
import { show } from '../framing/options.ts';
import type { ReplyStream } from '../protocol.ts';
import { FieldLines } from './field-lines.ts';
import type { HeadersInit } from './request.ts';

export type Source = ReplyStream;
type Piece = IteratorResult<Uint8Array | string, undefined>;

const DONE: Piece = { done: true, value: undefined };

/** `source` as chunks (RFC 9112, 7.1), with the trailer section behind the last one. */
export function chunked(source: Source, trailers: (() => HeadersInit) | undefined): Source {
  const pieces = piecesOf(source);
  let last = false;
  return iterable(
    {
      async next(): Promise<Piece> {
        while (!last) {
          const { done, value } = await pieces.next();
          if (done === true) {
            last = true;
            return { done: false, value: lastChunk(trailers) };
          }
          // A chunk of no bytes would be the last one.
          if (value.length > 0) return { done: false, value: chunk(value) };
          checkPiece(value);
        }
        return DONE;
      },
      return: () => stop(pieces),
    },
    source,
  );
}

/** `source`, which must have `length` bytes in all: neither the next response nor silence may stand in for the rest. */
export function measured(source: Source, length: number): Source {
  const pieces = piecesOf(source);
  let left = length;
  return iterable(
    {
      async next(): Promise<Piece> {
        const piece = await pieces.next();
        if (piece.done === true) {
          if (left > 0)
            throw new TypeError(`The body ended ${left} bytes short of its Content-Length.`);
          return DONE;
        }
        left -= byteLength(piece.value);
        if (left < 0) throw new TypeError(`The body is longer than its Content-Length, ${length}.`);
        return { done: false, value: piece.value };
      },
      return: () => stop(pieces),
    },
    source,
  );
}

/** Nobody pulls it: it is told so. */
export function cancel(source: Source): void {
  void stop(piecesOf(source)).catch(() => {});
}

/** `source` as it is, up to the connection's end (RFC 9112, 6.3): one that breaks off must not look like it (8). */
export function unframed(source: Source): Source {
  return { ...iterable(piecesOf(source), source), untilClose: true };
}

/** A web stream's own iterator waits for the piece that it is at before it hears that nobody wants one. */
function piecesOf(source: Source): AsyncIterator<Uint8Array | string, undefined> {
  if (!(source instanceof ReadableStream)) return source[Symbol.asyncIterator]();
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  return {
    async next(): Promise<Piece> {
      const { done, value } = await reader.read();
      return done ? DONE : { done, value };
    },
    async return(): Promise<Piece> {
      await reader.cancel();
      return DONE;
    },
  };
}

async function stop(pieces: AsyncIterator<Uint8Array | string>): Promise<Piece> {
  await pieces.return?.();
  return DONE;
}

function iterable(iterator: AsyncIterator<Uint8Array | string, undefined>, source: Source): Source {
  return {
    [Symbol.asyncIterator]: () => iterator,
    drain: () => source.drain?.(),
    onLate: (failed) => source.onLate?.(failed),
  };
}

function chunk(piece: Uint8Array | string): Uint8Array | string {
  const length = byteLength(piece);
  const line = `${length.toString(16)}\r\n`;
  if (typeof piece === 'string') return `${line}${piece}\r\n`;
  const framed = Buffer.allocUnsafe(line.length + length + 2);
  framed.write(line, 0, 'latin1');
  framed.set(piece, line.length);
  framed.write('\r\n', line.length + length, 'latin1');
  return framed;
}

function lastChunk(trailers: (() => HeadersInit) | undefined): string | Uint8Array {
  if (trailers === undefined) return '0\r\n\r\n';
  const fields = new FieldLines();
  fields.read(trailers());
  if (fields.contentLength !== undefined || fields.host || fields.close) {
    throw new TypeError(
      'Content-Length, Host and Connection cannot be trailers (RFC 9110, 6.5.1).',
    );
  }
  return Buffer.from(`0${fields.text}\r\n\r\n`, 'latin1');
}

function byteLength(piece: unknown): number {
  checkPiece(piece);
  return typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
}

function checkPiece(piece: unknown): asserts piece is Uint8Array | string {
  if (typeof piece === 'string' || piece instanceof Uint8Array) return;
  throw new TypeError(`A body's stream gave ${show(piece)}; it must give strings or Uint8Arrays.`);
}
