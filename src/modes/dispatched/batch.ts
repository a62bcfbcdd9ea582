/**
 * What one turn of a loop has for another travels as one batch: columns of small integers, one run of bytes, and a list
 * for what is neither. Encoded once, with msgpackr, and moved, not copied, to the other thread.
 *
 *     [ kind, connection, number, length,  kind, connection, number, length, … ]   bytes   extras
 *
 * `number` is the message's for MESSAGE and its answers; `length` bytes belong to the entry, and extras are taken in
 * order by the kinds that have one.
 */
import { Packr } from 'msgpackr';

export const Kind = {
  // reader → executor
  /** Extra: the peer's address. Before the first message of a connection that the executor sees. */
  OPEN: 0,
  /** Bytes: the message as it came (a framed protocol). */
  MESSAGE: 1,
  /** Extra: the message, packed by its protocol. */
  PACKED: 2,
  /** Extra: the CloseReason. */
  CLOSED: 3,
  /** `number`: so many bytes of pushes and streams have left; for connection 0, of published messages. */
  ACK: 4,
  /** The stream of message `number` is wanted now: it is the oldest reply due. */
  PULL: 16,
  /** The stream of message `number` is no longer wanted. */
  CANCEL: 5,
  /** The server stops: the stream of message `number` should come to an end. */
  DRAIN: 23,
  /** The connection has switched protocols. Extra: to which, and what was handed over. */
  SWITCH: 17,
  /** A subscription that the executor asked for was refused. Extra: the topic, and why. */
  REFUSED: 24,
  // both ways; to an executor: another one has done it
  /** Extra: the topic and, as its peer may be slow, the policy. */
  SUBSCRIBE: 19,
  /** Extra: the topic. */
  UNSUBSCRIBE: 20,
  // executor → reader
  OPENED: 6,
  OPEN_FAILED: 7,
  /** Bytes: the reply. */
  REPLY: 8,
  /** The same, with an extra: what it wants after it (a stream: `true`). */
  REPLY_AFTER: 9,
  /** The handler has no reply. */
  NOTHING: 10,
  /** The connection ends behind this. Extra: the Ending. */
  ENDS: 11,
  PUSH: 12,
  /** The same, and the end behind it. */
  PUSH_LAST: 18,
  /** Bytes of the stream of message `number`. */
  CHUNK: 13,
  /** The stream is over. Extra: null, or what it failed with. */
  CHUNK_END: 14,
  /** The handler called close(). Bytes: the goodbye, where the protocol has one. */
  CLOSE: 15,
  /** Bytes: the message, packed. Extra: the topic. Connection 0: it was not published by one. */
  PUBLISH: 21,
  /** Extra: how many messages found too much under way. */
  DROPPED: 22,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Kinds that take one from the extras. */
const HAS_EXTRA = new Set<number>([
  Kind.OPEN,
  Kind.SWITCH,
  Kind.PACKED,
  Kind.CLOSED,
  Kind.OPEN_FAILED,
  Kind.REPLY_AFTER,
  Kind.ENDS,
  Kind.CHUNK_END,
  Kind.SUBSCRIBE,
  Kind.UNSUBSCRIBE,
  Kind.REFUSED,
  Kind.PUBLISH,
  Kind.DROPPED,
]);

const packr = new Packr({ useRecords: false, mapsAsObjects: true });
const INITIAL_BYTES = 64 * 1024;
const WIDTH = 4;

export class BatchWriter {
  #columns: number[] = [];
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;
  #extras: unknown[] = [];

  get isEmpty(): boolean {
    return this.#columns.length === 0;
  }

  add(kind: Kind, connection: number, number: number): void {
    this.#columns.push(kind, connection, number, 0);
  }

  /** Copies `[from, to)`: the memory is the caller's. Returns how many bytes that were; so does addText. */
  addBytes(
    kind: Kind,
    connection: number,
    number: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): number {
    const length = to - from;
    this.#columns.push(kind, connection, number, length);
    if (this.#length + length > this.#bytes.length) this.#grow(length);
    // A short copy by hand costs less than set() with its subarray.
    if (length <= 64) {
      for (let at = this.#length, i = from; i < to; i += 1, at += 1) this.#bytes[at] = bytes[i];
    } else {
      this.#bytes.set(
        from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to),
        this.#length,
      );
    }
    this.#length += length;
    return length;
  }

  addText(
    kind: Kind,
    connection: number,
    number: number,
    text: string,
    encoding: 'utf8' | 'latin1',
  ): number {
    const most = text.length * 3;
    if (this.#length + most > this.#bytes.length) this.#grow(most);
    const length = this.#bytes.write(text, this.#length, encoding);
    this.#columns.push(kind, connection, number, length);
    this.#length += length;
    return length;
  }

  addExtra(kind: Kind, connection: number, number: number, extra: unknown): void {
    this.#columns.push(kind, connection, number, 0);
    this.#extras.push(extra);
  }

  /** The last entry's extra. */
  extra(extra: unknown): void {
    this.#extras.push(extra);
  }

  /** The batch, in memory of its own that may be moved; the writer starts over. */
  take(): Uint8Array<ArrayBuffer> {
    const packed = packr.pack([this.#columns, this.#bytes.subarray(0, this.#length), this.#extras]);
    const own = new Uint8Array(packed.length);
    own.set(packed);
    this.#columns = [];
    this.#extras = [];
    this.#length = 0;
    return own;
  }

  #grow(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#length + more, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Called for each entry: its bytes are `[start, end)` of `bytes`, a view into the batch, which is the receiver's own. */
export type Visit = (
  kind: Kind,
  connection: number,
  number: number,
  bytes: Buffer,
  start: number,
  end: number,
  extra: unknown,
) => void;

/** Called with what an executor said of one message. */
export type Answer = (
  kind: Kind,
  number: number,
  bytes: Buffer,
  start: number,
  end: number,
  extra: unknown,
) => void;

export function readBatch(batch: Uint8Array, visit: Visit): void {
  const [columns, blob, extras] = packr.unpack(batch) as [number[], Uint8Array, unknown[]];
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  let start = 0;
  let extra = 0;
  for (let i = 0; i < columns.length; i += WIDTH) {
    const kind = columns[i] as Kind;
    const end = start + columns[i + 3];
    visit(
      kind,
      columns[i + 1],
      columns[i + 2],
      bytes,
      start,
      end,
      HAS_EXTRA.has(kind) ? extras[extra] : undefined,
    );
    if (HAS_EXTRA.has(kind)) extra += 1;
    start = end;
  }
}
