/**
 * WebSocket, as a client (RFC 6455): the handshake, then each message is answered by one, or some connections publish what
 * the others hear (broadcast.ts). Frames are masked; where every
 * request is the same, so is its mask, chosen once: what is loaded is a server of one's own, and no proxy is to be
 * deceived (10.3).
 */
import { Buffer } from 'node:buffer';
import { http } from '../../protocols/http1/http.ts';
import type { ReceivedResponse } from '../../protocols/http1/response-decoder.ts';
import { Step, type Decoder } from '../../protocols/protocol.ts';
import {
  clientRequest,
  readAnswer,
  type ClientOptions,
} from '../../protocols/websocket/handshake.ts';
import { readOptions, flag, type Rule } from '../../protocols/framing/options.ts';
import { MOST_WINDOW_BITS, websocket } from '../../protocols/websocket/websocket.ts';
import type { Writer } from '../../protocols/writer.ts';
import { Board } from '../board.ts';
import { BroadcastSession, stage } from './broadcast.ts';
import { asBytes } from './bytes.ts';
import { codecDriver, UNASKED } from './codec.ts';
import { Found, type Driver, type PushedEvent, type Session } from './driver.ts';
import type { Work } from '../payload.ts';

/** `--protocol-options`. */
export interface WebSocketDriverOptions {
  /** Send binary messages. Default false: text. */
  readonly binary?: boolean;
  /** Subprotocols to offer. Default none. */
  readonly protocols?: readonly string[];
  /** Offer compressed messages (RFC 7692). Default false. */
  readonly deflate?: boolean;
  /** The Origin to send. Default none. */
  readonly origin?: string;
}

/** What the target says. */
export interface Place {
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  /** Of a broadcast. */
  readonly board?: SharedArrayBuffer | undefined;
}

const MOST_HEAD_BYTES = 64 * 1024;
/** An answer is limited by the codec driver; this stands for none. */
const NO_LIMIT_BYTES = 2 ** 31 - 1;
const { client } = http();

const text: Rule = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a string');
const texts: Rule = (value) =>
  Array.isArray(value) && value.every((one) => text(one) === undefined)
    ? undefined
    : 'a list of strings';

/** @throws OptionError for options that are none */
export function websocketDriver(
  work: Work,
  given: Readonly<Record<string, unknown>>,
  { path = '/', host = 'localhost', board }: Place,
): Driver {
  const options = readOptions('ws', given as WebSocketDriverOptions, {
    binary: flag,
    protocols: texts,
    deflate: flag,
    origin: text,
  });
  const asked: ClientOptions = {
    target: path,
    host,
    protocols: options.protocols ?? [],
    deflate: options.deflate ?? false,
    origin: options.origin,
  };
  const limits = { messageLimitBytes: NO_LIMIT_BYTES };
  if (board !== undefined) {
    const shared = { board: new Board(board), binary: options.binary === true };
    const filling = String(work.constant);
    const flat = stage({ ...shared, filling, protocol: websocket(limits) });
    const dense = stage({ ...shared, filling, protocol: websocket(limits, MOST_WINDOW_BITS) });
    return {
      session: (before, publisher = -1) =>
        new WebSocketSession(
          asked,
          (deflate, last) => new BroadcastSession(deflate ? dense : flat, publisher, last),
          before as WebSocketSession<BroadcastSession> | undefined,
        ),
    };
  }
  const sent = options.binary === true ? inBinary(work) : work;
  const plain = codecDriver(sent, websocket(limits));
  const deflated = asked.deflate ? codecDriver(sent, websocket(limits, MOST_WINDOW_BITS)) : plain;
  return {
    session: () => new WebSocketSession(asked, (deflate) => (deflate ? deflated : plain).session()),
  };
}

function inBinary(work: Work): Work {
  return {
    ...work,
    constant: work.constant === undefined ? undefined : asBytes(work.constant),
    messageAt: (sequence) => asBytes(work.messageAt(sequence)),
  };
}

function explained(problem: string): string {
  if (problem !== UNASKED) return problem;
  return `${UNASKED}: where each message goes to others, publishers (--publishers) measures how it gets there`;
}

/** Makes what goes on behind the handshake. `last`: that of the connection before. */
type Make<Inner> = (deflate: boolean, last: Inner | undefined) => Inner;

class WebSocketSession<Inner extends Session> implements Session {
  problem = '';
  readonly #options: ClientOptions;
  readonly #make: Make<Inner>;
  readonly #head: Decoder<ReceivedResponse> = client.decoder(
    MOST_HEAD_BYTES,
  ) as Decoder<ReceivedResponse>;
  #key = '';
  /** The handshake's answer, as far as it has come. */
  #held: Buffer | undefined = undefined;
  /** Behind the handshake. */
  #inner: Inner | undefined = undefined;
  /** The same of the connection before, or of the last one that came so far. */
  readonly #last: Inner | undefined;

  constructor(options: ClientOptions, make: Make<Inner>, before?: WebSocketSession<Inner>) {
    this.#options = options;
    this.#make = make;
    this.#last = before && (before.#inner ?? before.#last);
  }

  get control(): Uint8Array | undefined {
    return this.#inner?.control;
  }

  get pushed(): PushedEvent | undefined {
    return this.#inner?.pushed;
  }

  get outstanding(): number | undefined {
    return (this.#inner ?? this.#last)?.outstanding;
  }

  open(writer: Writer): boolean {
    const { request, key } = clientRequest(this.#options);
    this.#key = key;
    client.encode(request, writer, undefined);
    return false;
  }

  request(sequence: number, writer: Writer): void {
    this.#inner!.request(sequence, writer);
  }

  publish(sequence: number, dueMs: number, lateMs: number, writer: Writer): void {
    this.#inner!.publish!(sequence, dueMs, lateMs, writer);
  }

  feed(buffer: Buffer, end: number): void {
    if (this.#inner !== undefined) {
      this.#inner.feed(buffer, end);
      return;
    }
    const fresh = this.#held?.length ?? 0;
    const piece = buffer.subarray(0, end);
    this.#held = Buffer.concat(this.#held === undefined ? [piece] : [this.#held, piece]);
    this.#head.feed(this.#held, 0, this.#held.length, fresh);
  }

  next(): Found {
    if (this.#inner !== undefined) {
      const found = this.#inner.next();
      if (found === Found.FAIL || found === Found.WRONG)
        this.problem = explained(this.#inner.problem);
      return found;
    }
    const step = this.#head.next();
    if (step === Step.MORE) return Found.MORE;
    if (step !== Step.MESSAGE) {
      return this.#fail(this.#head.failure?.message ?? 'the server ended the handshake');
    }
    const { status, headers } = this.#head.take();
    const answer = readAnswer(status, headers, this.#key, this.#options);
    if (answer.problem !== undefined) return this.#fail(answer.problem);
    this.#inner = this.#make(answer.deflate, this.#last);
    const rest = this.#held!.subarray(this.#head.pos);
    this.#held = undefined;
    this.#inner.feed(rest, rest.length);
    return Found.READY;
  }

  finish(): Found {
    if (this.#inner !== undefined) {
      const found = this.#inner.finish();
      if (found === Found.FAIL || found === Found.WRONG)
        this.problem = explained(this.#inner.problem);
      return found;
    }
    return this.#fail('the server ended within the handshake');
  }

  #fail(problem: string): Found {
    this.problem = problem;
    return Found.FAIL;
  }
}
