/**
 * A protocol of lines, made to prove the hard parts of the contract: its decoder takes every step that there is, and its
 * replies want everything that a reply may want. And `quads`, which it gives way to.
 *
 *     =text  ANSWER text          >name  SWITCH to that protocol
 *     !text  URGENT text          @text  the message `text`, then HOLD
 *     .      END                  ?      FAIL, with a last reply
 */
import { ProtocolError } from '../../../src/errors.ts';
import {
  Step,
  type After,
  type Codec,
  type Decoder,
  type Protocol,
} from '../../../src/protocols/protocol.ts';

const LF = 10;

/** What a handler may reply with: text, or text and what it wants after it. */
export type TinyReply = string | (After & { readonly text: string });

abstract class TinyDecoder implements Decoder<string> {
  pos = 0;
  start = 0;
  end = 0;
  want = 0;
  control: Uint8Array | undefined = undefined;
  target = '';
  failure: ProtocolError | undefined = undefined;
  protected buffer: Buffer = Buffer.alloc(0);
  protected stop = 0;

  feed(buffer: Buffer, pos: number, end: number): void {
    this.buffer = buffer;
    this.pos = pos;
    this.stop = end;
  }

  abstract next(): Step;
  abstract take(): string;

  finish(): Step {
    if (this.pos === this.stop) return Step.END;
    this.failure = new ProtocolError('CUT_SHORT', 'cut short', Buffer.from('cut\n'));
    return Step.FAIL;
  }
}

class LineSteps extends TinyDecoder {
  #holds = false;
  #over: Step | undefined = undefined;
  #text = '';

  next(): Step {
    if (this.#over !== undefined) return this.#over;
    if (this.#holds) {
      this.#holds = false;
      return Step.HOLD;
    }
    const at = this.buffer.indexOf(LF, this.pos);
    if (at < 0 || at >= this.stop) return Step.MORE;
    const line = this.buffer.toString('utf8', this.pos, at);
    this.start = this.pos;
    this.pos = this.end = at + 1;
    return this.#step(line[0], line.slice(1), line);
  }

  #step(sign: string, rest: string, line: string): Step {
    switch (sign) {
      case '=':
        this.control = Buffer.from(`${rest}\n`);
        return Step.ANSWER;
      case '!':
        this.control = Buffer.from(`${rest}\n`);
        return Step.URGENT;
      case '.':
        return (this.#over = Step.END);
      case '?':
        this.failure = new ProtocolError('MALFORMED', 'a question', Buffer.from('bad\n'));
        return (this.#over = Step.FAIL);
      case '>':
        this.target = rest;
        return Step.SWITCH;
      case '@':
        this.#holds = true;
        this.#text = rest;
        return Step.MESSAGE;
      default:
        this.#text = line;
        return Step.MESSAGE;
    }
  }

  take(): string {
    return this.#text;
  }
}

/** Messages of four bytes. */
class QuadSteps extends TinyDecoder {
  next(): Step {
    if (this.stop - this.pos < 4) return Step.MORE;
    this.start = this.pos;
    this.pos = this.end = this.pos + 4;
    return Step.MESSAGE;
  }

  take(): string {
    return this.buffer.toString('latin1', this.start, this.end);
  }
}

const lineCodec: Codec<string, TinyReply> = {
  decoder: () => new LineSteps(),
  encode(reply, writer) {
    writer.text(`${typeof reply === 'string' ? reply : reply.text}\n`);
    return typeof reply === 'string' ? undefined : reply;
  },
};

const quadCodec: Codec<string, string> = {
  decoder: () => new QuadSteps(),
  encode(reply, writer) {
    writer.text(`<${reply}>`);
    return undefined;
  },
};

function quads(framed: boolean): Protocol<string, string> {
  return { name: 'quads', options: {}, server: quadCodec, client: quadCodec, framed, ...packing };
}

const packing = {
  pack: (message: string) => [message],
  unpack: (packed: unknown) => (packed as [string])[0],
};

export type TinyKind = 'framed' | 'packed' | 'raw';

/** `packed`: not framed, with pack() and unpack(). `raw`: not framed, and without. */
export function tiny(kind: TinyKind): Protocol<string, TinyReply> {
  const framed = kind === 'framed';
  return {
    name: `tiny-${kind}`,
    options: {},
    framed,
    server: lineCodec,
    client: lineCodec,
    switches: {
      quads: { protocol: quads(framed), hooks: 'quads' },
      same: { protocol: quads(framed) },
      nobody: { protocol: quads(framed), hooks: 'nobody' },
    },
    ...(kind === 'packed' ? packing : {}),
  };
}
