/**
 * What tests say to the handler `ops`, in the words of each protocol, and what it must answer. Both sides of a test use
 * this: the handler reads and replies by it, the client writes and expects by it.
 */
import { makeProtocol, type ProtocolName } from '../../../src/protocols/index.ts';
import type { Protocol } from '../../../src/protocols/protocol.ts';
import type { HttpRequest } from '../../../src/protocols/http1/request.ts';
import { Step } from '../../../src/protocols/protocol.ts';
import { Writer } from '../../../src/protocols/writer.ts';

export interface Script {
  /** A message that carries `op`. */
  ask(op: string): unknown;
  /** The op of a message, as a handler gets it. */
  op(message: never): string;
  /** A reply that carries `text`. */
  answer(text: string): unknown;
  /** It has a form for null. */
  readonly hasNull?: boolean;
  /** What differs from run to run made equal. */
  equal?(bytes: Buffer): Buffer;
}

const text: Script = {
  ask: (op) => op,
  op: (message: string) => message,
  answer: (reply) => reply,
};
const value: Script = {
  ask: (op) => ({ op }),
  op: (message: { op: string }) => message.op,
  answer: (reply) => [reply],
  hasNull: true,
};

/** Protocols with boundaries. `bytes` has none, and is tested by itself. */
export const scripts: Partial<Record<ProtocolName, Script>> = {
  line: text,
  'length-prefix': { ...text, op: (message: Buffer) => message.toString() },
  msgpack: value,
  'json-lines': value,
  resp: {
    ask: (op) => ['ECHO', op],
    op: (message: string[]) => message[1],
    answer: (reply) => reply,
    hasNull: true,
  },
  http: {
    ask: (op) => ({ method: 'POST', target: '/op', headers: { host: 'x' }, body: op }),
    op: (request: HttpRequest) => request.text(),
    answer: (reply) => ({ headers: { 'content-type': 'text/plain' }, body: reply }),
    equal: (bytes) =>
      Buffer.from(bytes.toString('latin1').replaceAll(/^Date: .*$/gm, 'Date: …'), 'latin1'),
  },
};

export const scripted = Object.keys(scripts) as ProtocolName[];

/** A protocol's bytes, made without a server. */
export class Speaker {
  readonly name: ProtocolName;
  readonly protocol: Protocol;
  readonly script: Script;
  /** What replies are to, where that matters to their form. */
  readonly #input: unknown;
  #writer = new Writer();

  constructor(name: ProtocolName) {
    this.name = name;
    this.protocol = makeProtocol(name);
    this.script = scripts[name]!;
    const bytes = this.ask('x');
    const decoder = this.protocol.server.decoder(LIMIT_BYTES);
    decoder.feed(bytes, 0, bytes.length, 0);
    decoder.next();
    this.#input = decoder.take();
  }

  /** A handler that gives no reply has failed. */
  get repliesToAll(): boolean {
    return this.protocol.server.repliesToAll === true;
  }

  /** The bytes of messages. */
  ask(...ops: string[]): Buffer {
    return this.#written((writer) => {
      for (const op of ops) this.protocol.client.encode(this.script.ask(op), writer, undefined);
    });
  }

  /** The bytes of replies; null is the value. */
  answer(...replies: Array<string | null>): Buffer {
    return this.#written((writer) => {
      for (const reply of replies) {
        const value = reply === null ? null : this.script.answer(reply);
        this.protocol.server.encode(value, writer, this.#input);
      }
    });
  }

  /** The bytes of an error reply, and whether the connection ends behind it, as it does where there is none. */
  error(): { bytes: Buffer; ends: boolean } {
    const { server } = this.protocol;
    if (server.encodeError === undefined) return { bytes: Buffer.alloc(0), ends: true };
    let ends = false;
    const bytes = this.#written((writer) => {
      ends = server.encodeError!(new Error('no'), writer, this.#input)?.close === true;
    });
    return { bytes, ends };
  }

  /** The last reply to a peer that ended behind `part` of a message. */
  cutShort(part: Buffer): Buffer {
    const decoder = this.protocol.server.decoder(LIMIT_BYTES);
    decoder.feed(part, 0, part.length, 0);
    decoder.next();
    if (decoder.finish() !== Step.FAIL) throw new Error(`${this.name} takes a message cut short`);
    return Buffer.from(decoder.failure!.reply ?? []);
  }

  /** Bytes that compare. */
  equal(bytes: Buffer): Buffer {
    return this.script.equal?.(bytes) ?? bytes;
  }

  #written(write: (writer: Writer) => void): Buffer {
    const writer = this.#writer;
    write(writer);
    writer.reserve(0);
    const bytes = Buffer.from(writer.buffer.subarray(0, writer.length));
    writer.clear();
    return bytes;
  }
}

const LIMIT_BYTES = 1024 * 1024;
