/** Any protocol of the runtime, through its client codec: each request is answered by one message, in order. */
import { Buffer } from 'node:buffer';
import { Step, type Decoder, type Protocol } from '../../protocols/protocol.ts';
import { Writer } from '../../protocols/writer.ts';
import { Fifo } from '../fifo.ts';
import type { Work } from '../payload.ts';
import { Found, type Driver, type Session } from './driver.ts';
import { Rest } from './rest.ts';

/** Longest answer, where the protocol's options say nothing else. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

interface Request {
  readonly sequence: number;
  readonly message: unknown;
}

/** What all sessions of a thread share. */
interface Shared {
  readonly protocol: Protocol;
  readonly work: Work;
  /** The one request, encoded; undefined where each is its own. */
  readonly encoded: Uint8Array | undefined;
  /** The bytes of the last answer that was right: the same bytes are right again, and need not be decoded. */
  right: Buffer | undefined;
}

/** @throws TypeError where the protocol cannot encode the message. */
export function codecDriver(work: Work, protocol: Protocol): Driver {
  const encoded = work.constant === undefined ? undefined : encodeAlone(protocol, work.constant);
  const shared: Shared = { protocol, work, encoded, right: undefined };
  return { session: () => new CodecSession(shared) };
}

/** The bytes of one message. */
export function encodeAlone(protocol: Protocol, message: unknown): Uint8Array {
  const writer = new Writer();
  protocol.client.encode(message, writer, undefined);
  if (writer.single !== undefined) return Buffer.from(writer.single);
  if (writer.string !== '')
    return Buffer.from(writer.string, writer.latin1Only ? 'latin1' : 'utf8');
  return Buffer.from(writer.buffer.subarray(0, writer.length));
}

export const UNASKED = 'an answer came that no request had asked for';

class CodecSession implements Session {
  control: Uint8Array | undefined = undefined;
  problem = '';
  readonly #shared: Shared;
  readonly #decoder: Decoder<unknown>;
  /** Requests without their answers: how many, and which, where each is its own. */
  #due = 0;
  readonly #queue = new Fifo<Request>();
  readonly #rest = new Rest();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#decoder = shared.protocol.client.decoder(ANSWER_LIMIT_BYTES);
  }

  open(): boolean {
    return true;
  }

  request(sequence: number, writer: Writer): void {
    const { encoded, protocol, work } = this.#shared;
    if (encoded !== undefined) {
      this.#due += 1;
      writer.raw(encoded);
      return;
    }
    const message = work.messageAt(sequence);
    protocol.client.encode(message, writer, undefined);
    this.#due += 1;
    this.#queue.push({ sequence, message });
  }

  feed(buffer: Buffer, end: number): void {
    const rest = this.#rest;
    rest.take(buffer, end);
    this.#decoder.feed(rest.buffer, 0, rest.end, rest.fresh);
  }

  next(): Found {
    const decoder = this.#decoder;
    const step = decoder.next();
    switch (step) {
      case Step.MESSAGE:
        return this.#answer();
      case Step.MORE:
        this.#rest.keep(decoder.pos);
        return Found.MORE;
      case Step.ANSWER:
      case Step.URGENT:
        this.control = decoder.control;
        return Found.SEND;
      case Step.END:
        return Found.END;
      case Step.FAIL:
        return this.#fail(decoder.failure?.message ?? 'the server broke the protocol');
      case Step.HOLD:
      case Step.SWITCH:
        return this.#fail('the server wants another protocol, which this driver does not follow');
      case Step.WAIT:
      case Step.PART:
        return this.#fail(
          'the protocol gives messages away before they are whole: leave that option out',
        );
    }
  }

  finish(): Found {
    const decoder = this.#decoder;
    const rest = this.#rest;
    if (rest.again()) decoder.feed(rest.buffer, 0, rest.end, rest.fresh); // an answer up to the end is made of it
    const step = decoder.finish();
    if (step === Step.MESSAGE) return this.#answer();
    if (step !== Step.FAIL) return Found.END;
    return this.#fail(decoder.failure?.message ?? 'the server ended within an answer');
  }

  #answer(): Found {
    if (this.#due === 0) return this.#fail(UNASKED);
    this.#due -= 1;
    const { encoded, protocol, right, work } = this.#shared;
    const { start, end } = this.#decoder;
    if (
      encoded !== undefined &&
      right !== undefined &&
      right.length === end - start &&
      this.#rest.buffer.compare(right, 0, right.length, start, end) === 0
    ) {
      return Found.ANSWER;
    }
    const request =
      encoded === undefined ? this.#queue.shift() : { sequence: 0, message: work.constant };
    let problem: string | undefined;
    try {
      const answer = this.#decoder.take();
      problem = work.check?.(answer, request.message, request.sequence);
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
    if (problem !== undefined) {
      this.problem = problem;
      return Found.WRONG;
    }
    if (encoded !== undefined && protocol.framed) {
      this.#shared.right = Buffer.from(this.#rest.buffer.subarray(start, end));
    }
    return Found.ANSWER;
  }

  #fail(problem: string): Found {
    this.problem = problem;
    return Found.FAIL;
  }
}
