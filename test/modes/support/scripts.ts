/**
 * What tests say to the handler `ops`, in the words of each protocol, and what it must answer. Both sides of a test use
 * this: the handler reads and replies by it, the client writes and expects by it.
 */
import { makeProtocol, type ProtocolName } from '../../../src/protocols/index.ts';
import type { Protocol } from '../../../src/protocols/protocol.ts';
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
};

export const scripted = Object.keys(scripts) as ProtocolName[];

/** A protocol's bytes, made without a server. */
export class Speaker {
  readonly name: ProtocolName;
  readonly protocol: Protocol;
  readonly script: Script;
  #writer = new Writer();

  constructor(name: ProtocolName) {
    this.name = name;
    this.protocol = makeProtocol(name);
    this.script = scripts[name]!;
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
      for (const reply of replies)
        this.protocol.server.encode(
          reply === null ? null : this.script.answer(reply),
          writer,
          undefined,
        );
    });
  }

  /** The bytes of an error reply, or undefined where the connection is closed instead. */
  error(): Buffer | undefined {
    const { server } = this.protocol;
    if (server.encodeError === undefined) return undefined;
    return this.#written((writer) => void server.encodeError!(new Error('no'), writer, undefined));
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
