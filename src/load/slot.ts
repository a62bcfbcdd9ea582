/**
 * A place for one connection: it opens it, carries requests over it, and opens the next one when it has gone.
 *
 *     IDLE ─connect─▶ CONNECTING ─▶ OPENING (handshake) ─▶ OPEN ─retire─▶ RETIRING ─last answer─▶ IDLE
 *       ▲                  └───────────────┴────────────────┴──── drop(kind) ─────────┘             │
 *       └───────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Requests due are in rings of stamps, oldest first: [head, flushed) are written, [flushed, tail) are encoded and go out
 * with the next `flush()`.
 */
import { connect, type Socket } from 'node:net';
import type { Writer } from '../protocols/writer.ts';
import { Failure, failureOf } from './account.ts';
import { nowMs, sharedOffsetMs } from './clock.ts';
import { Found, type Driver, type PushedEvent, type Session } from './drivers/driver.ts';
import type { Address } from './target.ts';

/** A write takes 5 to 20 us. One that took longer was interrupted, perhaps before the bytes were out: the client was late. */
const INTERRUPTED_MS = 0.05;

export const State = {
  IDLE: 0,
  CONNECTING: 1,
  OPENING: 2,
  OPEN: 3,
  RETIRING: 4,
} as const;
export type State = (typeof State)[keyof typeof State];

/** What a slot tells the engine, and needs of it. One per thread. */
export interface Keeper {
  readonly address: Address;
  readonly driver: Driver;
  readonly depth: number;
  readonly requestsPerConnection: number;
  /** What is sent has no answer: it is published. */
  readonly broadcasts: boolean;
  /** One for all connections of the thread: it is used again by the next read. */
  readonly readBuffer: Buffer;
  readonly writer: Writer;
  /** The time, at a read of so many bytes. */
  stamp(bytes: number): number;
  /** The connection is there; `freed()` follows when it takes requests. */
  opened(slot: Slot, tookMs: number): void;
  /** Requests were written. `sentAt` of each is `at`. */
  flushed(slot: Slot, from: number, to: number, at: number): void;
  /** The answer to the oldest request came: the stamps are at `slot.head`. `status`: 0 where answers have none. */
  answered(slot: Slot, at: number, status: number): void;
  failed(slot: Slot, failure: Failure, status: number): void;
  /** A message came that nobody had asked for. */
  delivered(pushed: PushedEvent, at: number): void;
  /** A connection goes on where the one before it was lost. */
  resumed(): void;
  /** The connection has come to take requests, or answers came: there may be room for more. */
  freed(slot: Slot, at: number): void;
  /**
   * The connection is gone; what it had in flight has been failed. `failure` is undefined where nobody is to blame,
   * `state` the one that it was in.
   */
  gone(slot: Slot, failure: Failure | undefined, state: State): void;
  /** The server sent what nothing had asked for, with no request in flight: the connection is given up. */
  broke(): void;
  /** A sentence about what went wrong, for people. */
  complain(problem: string): void;
  /** The driver cannot make this request: the load ends. Those in `[slot.flushedTo, slot.tail]` are not sent. */
  abort(error: unknown, slot: Slot, sequence: number): void;
}

export class Slot {
  readonly #keeper: Keeper;
  state: State = State.IDLE;
  /** In the open loop's queue of free slots. */
  queued = false;
  /** Answers that this connection has brought. */
  answers = 0;
  /** Those of the connections before it. */
  #answersBefore = 0;
  /** When the connection was begun, and then when it opened. */
  sinceMs = 0;
  /** Attempts in a row that brought no answer. */
  fruitless = 0;

  /** Counters; a ring's index is `counter & mask`. */
  head = 0;
  flushedTo = 0;
  tail = 0;
  readonly mask: number;
  /** When each was due by the schedule, when it was written, and how late the client itself was until then. */
  readonly dueAt: Float64Array;
  readonly sentAt: Float64Array;
  readonly ownLag: Float64Array;
  /** How long writing it was interrupted; 0 as a rule. */
  readonly writeLag: Float64Array;
  /** 1 where the request is measured, 0 where it belongs to the warm-up. The engine's. */
  readonly measured: Uint8Array;

  #socket: Socket | undefined = undefined;
  #session: Session | undefined = undefined;
  /** Of the connection before. */
  #before: Session | undefined = undefined;
  #requestsLeft = 0;

  /** Of a broadcast: its number where it publishes, else undefined. */
  readonly publisher: number | undefined;

  constructor(keeper: Keeper, publisher?: number) {
    this.#keeper = keeper;
    this.publisher = publisher;
    const size = 2 ** Math.ceil(Math.log2(keeper.depth));
    this.mask = size - 1;
    this.dueAt = new Float64Array(size);
    this.sentAt = new Float64Array(size);
    this.ownLag = new Float64Array(size);
    this.writeLag = new Float64Array(size);
    this.measured = new Uint8Array(size);
  }

  /** How long the server wants it to wait before it connects again. */
  get reconnectMs(): number {
    return this.#before?.reconnectMs ?? 0;
  }

  /** Of a broadcast: measured messages that have not come; undefined where it never listened. */
  get outstanding(): number | undefined {
    return (this.#session ?? this.#before)?.outstanding;
  }

  get inFlight(): number {
    return this.tail - this.head;
  }

  /** Requests that may be sent now. */
  get room(): number {
    if (this.state !== State.OPEN) return 0;
    if (this.#keeper.broadcasts && this.publisher === undefined) return 0;
    const room = this.#keeper.depth - (this.tail - this.head);
    return room < this.#requestsLeft ? room : this.#requestsLeft;
  }

  /** Of all its connections. */
  get allAnswers(): number {
    return this.#answersBefore + this.answers;
  }

  /** It has no connection, and its last attempt at one came to nothing. */
  get isCutOff(): boolean {
    return this.fruitless > 0 && this.state <= State.CONNECTING;
  }

  connect(): void {
    const keeper = this.#keeper;
    this.state = State.CONNECTING;
    this.sinceMs = nowMs();
    this.#answersBefore += this.answers;
    this.answers = 0;
    this.head = this.flushedTo = this.tail = 0;
    this.#requestsLeft = keeper.requestsPerConnection;
    this.#session = keeper.driver.session(this.#before, this.publisher);
    const socket: Socket = connect({
      ...keeper.address,
      noDelay: true,
      onread: {
        buffer: keeper.readBuffer,
        callback: (bytes) => {
          if (socket === this.#socket) this.#read(bytes);
          return true;
        },
      },
    });
    this.#socket = socket;
    socket.on('connect', () => {
      if (socket === this.#socket) this.#connected();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (socket !== this.#socket) return;
      keeper.complain(error.message);
      this.drop(failureOf(error.code, this.state === State.CONNECTING));
    });
    socket.on('end', () => {
      if (socket === this.#socket) this.#ended();
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.drop(Failure.RESET);
    });
  }

  /** Encodes one request; `flush()` sends it. There MUST be room. */
  send(sequence: number, dueAt: number, ownLag: number): void {
    const at = this.tail & this.mask;
    this.dueAt[at] = dueAt;
    this.ownLag[at] = ownLag;
    this.writeLag[at] = 0;
    try {
      if (this.#keeper.broadcasts) this.#publish(sequence, dueAt);
      else this.#session!.request(sequence, this.#keeper.writer);
    } catch (error) {
      this.#keeper.abort(error, this, sequence);
      this.tail = this.flushedTo;
      this.#keeper.writer.clear(); // it may have half a request
      return;
    }
    this.tail += 1;
    this.#requestsLeft -= 1;
  }

  /** Writes what was encoded, with one write. */
  flush(): void {
    const from = this.flushedTo;
    const to = this.tail;
    if (from === to) return;
    const at = nowMs();
    for (let i = from; i < to; i += 1) this.sentAt[i & this.mask] = at;
    this.flushedTo = to;
    this.#keeper.flushed(this, from, to, at);
    this.#write();
    if (this.#keeper.broadcasts) {
      this.head = to;
      return;
    }
    const tookMs = nowMs() - at;
    if (tookMs < INTERRUPTED_MS) return;
    for (let i = from; i < to; i += 1) this.writeLag[i & this.mask] = tookMs;
  }

  /** No more requests: closes in an orderly way after the last answer. */
  retire(): void {
    if (this.state !== State.OPEN) return;
    this.state = State.RETIRING;
    if (this.head === this.tail) this.#close(undefined);
  }

  /** Breaks the connection off; what is in flight has failed. */
  drop(failure: Failure): void {
    const { flushedTo, head, state } = this;
    if (state === State.IDLE) return;
    this.#discard()?.destroy();
    this.head = this.flushedTo = this.tail = 0;
    this.state = State.IDLE;
    for (let i = head; i < flushedTo; i += 1) {
      this.head = i;
      this.#keeper.failed(this, failure, 0);
    }
    this.head = 0;
    this.#leave(failure, state);
  }

  /** Leaves without a word to the engine: the load is over. */
  abandon(): void {
    this.state = State.IDLE;
    this.#discard()?.destroy();
  }

  #publish(sequence: number, dueAt: number): void {
    const { writer } = this.#keeper;
    this.#session!.publish!(sequence, dueAt + sharedOffsetMs, nowMs() - dueAt, writer);
  }

  #connected(): void {
    const keeper = this.#keeper;
    const at = nowMs();
    const tookMs = at - this.sinceMs;
    this.sinceMs = at;
    this.state = State.OPENING;
    const ready = this.#session!.open(keeper.writer);
    this.#write();
    keeper.opened(this, tookMs);
    if (!ready) return;
    this.state = State.OPEN;
    keeper.freed(this, at);
  }

  /** The hot path: one call for each read. */
  #read(bytes: number): void {
    const keeper = this.#keeper;
    const at = keeper.stamp(bytes);
    const session = this.#session!;
    session.feed(keeper.readBuffer, bytes);
    for (;;) {
      const found = session.next();
      if (found === Found.ANSWER) {
        keeper.answered(this, at, session.status ?? 0);
        this.head += 1;
        this.answers += 1;
      } else if (found === Found.MORE) {
        break;
      } else if (!this.#takeRare(found, session, at)) {
        return;
      }
    }
    if (this.state === State.OPEN) {
      if (this.#requestsLeft > 0) keeper.freed(this, at);
      else this.retire();
    } else if (this.state === State.RETIRING && this.head === this.tail) {
      this.#close(undefined);
    }
  }

  /** @returns false: the connection is gone. */
  #takeRare(found: Found, session: Session, at: number): boolean {
    switch (found) {
      case Found.WRONG:
        this.#deny(session, Failure.WRONG_ANSWER);
        return true;
      case Found.DENIED:
        this.#deny(session, Failure.BAD_STATUS);
        return true;
      case Found.EVENT:
        this.#keeper.delivered(session.pushed!, at);
        this.answers += 1;
        return true;
      case Found.READY:
        this.state = State.OPEN;
        if (session.resumes === true) this.#keeper.resumed();
        return true;
      case Found.SEND:
        this.#socket!.write(session.control!);
        return true;
      case Found.FAIL:
        this.#keeper.complain(session.problem);
        if (this.state >= State.OPEN && this.head === this.tail) this.#keeper.broke();
        this.drop(Failure.PROTOCOL_ERROR);
        return false;
      default:
        this.#leaveOpenly();
        return false;
    }
  }

  /** A whole answer, and not one that counts. */
  #deny(session: Session, failure: Failure): void {
    this.#keeper.complain(session.problem);
    this.#keeper.failed(this, failure, session.status ?? 0);
    this.head += 1;
    this.answers += 1;
  }

  /** The peer has said, within the protocol, that no more comes: nobody is to blame, but for what it leaves unanswered. */
  #leaveOpenly(): void {
    if (this.head < this.tail) this.drop(Failure.CLOSED_EARLY);
    else this.#close(undefined);
  }

  /** The peer sends no more. */
  #ended(): void {
    const session = this.#session!;
    if (this.head < this.tail) {
      const found = session.finish();
      if (found === Found.ANSWER) {
        this.#keeper.answered(this, nowMs(), session.status ?? 0);
        this.head += 1;
        this.answers += 1;
        return this.#leaveOpenly(); // an answer up to the end: it announces it
      }
      if (found === Found.WRONG || found === Found.DENIED) {
        this.#takeRare(found, session, nowMs());
        return this.#leaveOpenly();
      }
      if (found === Found.FAIL) this.#keeper.complain(session.problem);
    }
    if (this.head < this.tail) this.drop(Failure.CLOSED_EARLY);
    else this.#close(Failure.CLOSED_EARLY);
  }

  #close(failure: Failure | undefined): void {
    const { state } = this;
    this.state = State.IDLE;
    this.#discard()?.destroySoon();
    this.#leave(failure, state);
  }

  #leave(failure: Failure | undefined, state: State): void {
    this.fruitless = this.answers > 0 ? 0 : this.fruitless + 1;
    this.#keeper.gone(this, failure, state);
  }

  #discard(): Socket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#before = this.#session;
    this.#session = undefined;
    return socket;
  }

  #write(): void {
    const { writer } = this.#keeper;
    const socket = this.#socket!;
    if (writer.single !== undefined) {
      socket.write(writer.single);
    } else if (writer.string !== '') {
      socket.write(writer.string, writer.latin1Only ? 'latin1' : 'utf8');
    } else if (writer.length > 0) {
      socket.write(writer.buffer.subarray(0, writer.length));
      if (socket.writableLength > 0) writer.surrender();
    }
    writer.clear();
  }
}
