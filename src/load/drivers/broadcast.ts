/**
 * A broadcast over WebSockets: some connections publish, the others listen. Each message says of which load it is, who
 * published it, as which of theirs, when it was due and how late it left:
 *
 *     @7f3a90c2 0 17 81234567890 12@xxxx…        times in microseconds, by the clock that threads share
 *
 * It is found wherever the server puts it, within the first 1,024 characters. What a listener lacks shows in the numbers,
 * and what comes last on the board, where the publishers of all threads write how far they are.
 */
import { Buffer } from 'node:buffer';
import { Step, type Decoder, type Protocol } from '../../protocols/protocol.ts';
import type { Writer } from '../../protocols/writer.ts';
import type { Board } from '../board.ts';
import { Found, type PushedEvent, type Session } from './driver.ts';
import { Rest } from './rest.ts';

/** As long as a stamp can be. */
export const STAMP_BYTES = 64;
const STAMP = /@([\da-f]{8}) (\d{1,4}) (\d{1,10}) (\d{1,16}) (\d{1,10})@/;
/** Where it is looked for. */
const STAMP_WITHIN = 1024;
const NO_LIMIT_BYTES = 2 ** 31 - 1;

interface Stamp {
  readonly publisher: number;
  readonly number: number;
  readonly dueMs: number;
  readonly lateMs: number;
}

interface Shared {
  readonly protocol: Protocol;
  readonly board: Board;
  /** What fills a message up to its size. */
  readonly filling: string;
  readonly binary: boolean;
}

/** What all sessions of a thread share. */
export interface Stage extends Shared {
  /** The last message that came, and what it said: the next one is nearly always the same, for another listener. */
  last: Buffer;
  lastStamp: Stamp | undefined;
}

export function stage(shared: Shared): Stage {
  return { ...shared, last: Buffer.alloc(0), lastStamp: undefined };
}

/** Behind the handshake. */
export class BroadcastSession implements Session {
  control: Uint8Array | undefined = undefined;
  problem = '';
  readonly pushed: PushedEvent = {
    sentAtMs: NaN,
    lateMs: 0,
    missed: 0,
    repeated: false,
    measured: false,
  };
  readonly #stage: Stage;
  /** Its number where it publishes; -1 where it listens. */
  readonly #publisher: number;
  readonly #decoder: Decoder<unknown>;
  readonly #rest = new Rest();
  /** Of each publisher, the last that it has heard: at first, what was published before it came. */
  readonly #heard: Int32Array;
  /** Publishers that it has heard: the first message may be one from just before it came. */
  readonly #met: Set<number>;

  /** @param before of the connection that this one replaces: what was published in between, nobody has heard */
  constructor(stage: Stage, publisher: number, before: BroadcastSession | undefined) {
    this.#stage = stage;
    this.#publisher = publisher;
    this.#decoder = stage.protocol.client.decoder(NO_LIMIT_BYTES);
    this.#heard = before === undefined ? stage.board.published() : before.#heard;
    this.#met = before === undefined ? new Set() : before.#met;
  }

  /** Measured messages that were published, and have not come. */
  get outstanding(): number {
    const { board } = this.#stage;
    if (this.#publisher !== -1) return 0;
    return board
      .published()
      .reduce((sum, to, i) => sum + board.measured(i, this.#heard[i] + 1, to + 1), 0);
  }

  open(): boolean {
    return true;
  }

  request(): void {
    throw new TypeError('A broadcast has no requests');
  }

  publish(sequence: number, dueMs: number, lateMs: number, writer: Writer): void {
    const { binary, board, filling, protocol } = this.#stage;
    const number = board.publish(this.#publisher, sequence >= 0);
    const times = `${Math.round(dueMs * 1000)} ${Math.round(Math.max(0, lateMs) * 1000)}`;
    const stamp = `@${board.word} ${this.#publisher} ${number} ${times}@`;
    const text = stamp + filling.slice(stamp.length);
    protocol.client.encode(binary ? Buffer.from(text) : text, writer, undefined);
  }

  feed(buffer: Buffer, end: number): void {
    const rest = this.#rest;
    rest.take(buffer, end);
    this.#decoder.feed(rest.buffer, 0, rest.end, rest.fresh);
  }

  next(): Found {
    const decoder = this.#decoder;
    for (;;) {
      switch (decoder.next()) {
        case Step.MESSAGE:
          if (this.#publisher !== -1) continue; // what comes back to who publishes
          return this.#hear();
        case Step.MORE:
          this.#rest.keep(decoder.pos);
          return Found.MORE;
        case Step.ANSWER:
        case Step.URGENT:
          this.control = decoder.control;
          return Found.SEND;
        case Step.END:
          return Found.END;
        default:
          return this.#fail(decoder.failure?.message ?? 'the server broke the protocol');
      }
    }
  }

  finish(): Found {
    if (this.#decoder.finish() !== Step.FAIL) return Found.END;
    return this.#fail(this.#decoder.failure?.message ?? 'the server ended within a message');
  }

  #hear(): Found {
    let stamp: Stamp | undefined;
    try {
      stamp = this.#stamp();
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
    const { pushed } = this;
    pushed.sentAtMs = NaN;
    if (stamp === undefined) return Found.EVENT;
    const { dueMs, lateMs, number, publisher } = stamp;
    const { board } = this.#stage;
    const before = this.#heard[publisher];
    pushed.sentAtMs = dueMs;
    pushed.lateMs = lateMs;
    pushed.repeated = number <= before && this.#met.has(publisher);
    pushed.measured = board.measured(publisher, number, number + 1) === 1;
    pushed.missed = board.measured(publisher, before + 1, number);
    if (!pushed.repeated) {
      this.#met.add(publisher);
      this.#heard[publisher] = number;
    }
    return Found.EVENT;
  }

  /** Of the message found; undefined where it is none of this load's. */
  #stamp(): Stamp | undefined {
    const stage = this.#stage;
    const { start, end } = this.#decoder;
    const { buffer } = this.#rest;
    if (
      stage.last.length === end - start &&
      buffer.compare(stage.last, 0, end - start, start, end) === 0
    ) {
      return stage.lastStamp;
    }
    stage.last = Buffer.from(buffer.subarray(start, end));
    stage.lastStamp = undefined;
    const message = this.#decoder.take() as string | Buffer;
    const text =
      typeof message === 'string'
        ? message.slice(0, STAMP_WITHIN)
        : message.toString('latin1', 0, STAMP_WITHIN);
    const found = STAMP.exec(text);
    if (found === null || found[1] !== stage.board.word) return undefined;
    const [publisher, number, due, late] = found.slice(2).map(Number);
    if (publisher >= this.#heard.length) return undefined;
    stage.lastStamp = { publisher, number, dueMs: due / 1000, lateMs: late / 1000 };
    return stage.lastStamp;
  }

  #fail(problem: string): Found {
    this.problem = problem;
    return Found.FAIL;
  }
}
