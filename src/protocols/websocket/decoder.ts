/**
 * Finds messages in frames (RFC 6455, 5). A message keeps its place in the buffer until its last frame is there:
 *
 *     pos                                       pos + at
 *      ▼                                           ▼
 *     [ header payload | PING | header payload | header pay…
 *
 * A message of one frame that is there whole, as nearly all are, is looked at once: `take()` takes off the mask. Of any
 * other, what has come is unmasked where it lies, and text is checked as it arrives; a frame done with gets the key 0,
 * so that the run of bytes still is the message for a decoder that sees it anew.
 */
import { Buffer } from 'node:buffer';
import { ProtocolError } from '../../errors.ts';
import { BaseDecoder, copyBytes, utf8Text } from '../framing/decoder.ts';
import { SHORT_TEXT_BYTES, shortText } from '../resp/short-text.ts';
import { Step } from '../protocol.ts';
import { CloseStatus, isSendable } from './codes.ts';
import { decompress } from './deflate.ts';
import {
  closeFrame,
  controlFrame,
  FIN,
  KEY_BYTES,
  LENGTH_16,
  LENGTH_64,
  MASK,
  OPCODE,
  Opcode,
  RSV1,
  RSV2_3,
  SHORT_BYTES,
} from './frame.ts';
import { turned, xor } from './mask.ts';
import type { FrameLimits } from './options.ts';
import { Utf8Checker } from './utf8.ts';

/** How the peer said goodbye. */
export interface Farewell {
  readonly status: number;
  readonly text: string;
}

export interface DecoderChoices {
  /** What is decoded was sent by a client. */
  readonly fromClient: boolean;
  /** Compressed messages were agreed on. */
  readonly deflate: boolean;
  /** Bytes are views, gone with the buffer. */
  readonly view: boolean;
}

const State = {
  /** A header comes next. */
  HEADER: 0,
  /** In the payload of a data frame. */
  PAYLOAD: 1,
  /** The peer has closed, and was answered. */
  CLOSED: 2,
} as const;

export class WebSocketDecoder extends BaseDecoder<string | Buffer> {
  /** Contract: after END. */
  farewell: Farewell | undefined = undefined;

  readonly #limits: FrameLimits;
  /** The mask bit that the peer's frames must have. */
  readonly #mask: number;
  readonly #deflate: boolean;
  readonly #view: boolean;
  #state: number = State.HEADER;
  /** Where to go on, from `pos`. */
  #at = 0;
  /** Of the message under way: the opcode (0: there is none), whether it is compressed, its frames and its bytes so far. */
  #opcode = 0;
  #compressed = false;
  #frames = 0;
  #length = 0;
  /** Of the frame under way. `#payload` and what is `#done` count from `pos`. */
  #fin = false;
  #key = 0;
  #payload = 0;
  #payloadLength = 0;
  #done = 0;
  /** The message found has this one frame, unmasked or not; else it is put together. */
  #single = false;
  #text = false;
  #utf8: Utf8Checker | undefined = undefined;

  constructor(limits: FrameLimits, { fromClient, deflate, view }: DecoderChoices) {
    super(limits.messageLimitBytes);
    this.#limits = limits;
    this.#mask = fromClient ? MASK : 0;
    this.#deflate = deflate;
    this.#view = view;
  }

  next(): Step {
    for (;;) {
      if (this.#state === State.HEADER) {
        const step = this.#header();
        if (step !== Step.PART) return step;
      } else if (this.#state === State.PAYLOAD) {
        const step = this.#goOn();
        if (step !== Step.PART) return step;
      } else {
        return this.failure === undefined ? Step.END : Step.FAIL;
      }
    }
  }

  take(): string | Buffer {
    const { buffer } = this;
    if (!this.#single) return this.#value(this.#join(), 0, this.#length, true);
    const from = this.start + this.#payload;
    if (this.#key !== 0) xor(buffer, from, this.end, this.#key);
    return this.#value(buffer, from, this.end, false);
  }

  override finish(): Step {
    if (this.#state === State.CLOSED && this.failure === undefined) return Step.END;
    return super.finish();
  }

  // ---- finding ------------------------------------------------------------------------------------------------------

  /** PART: go on. */
  #header(): Step {
    const { buffer, stop } = this;
    const at = this.pos + this.#at;
    if (stop - at < 2) return this.more(this.#at + 2);
    const first = buffer[at];
    const second = buffer[at + 1];
    if ((second & MASK) !== this.#mask) {
      return this.#refuse(
        CloseStatus.PROTOCOL_ERROR,
        this.#mask === 0 ? 'A frame of a server is masked.' : 'A frame of a client is not masked.',
      );
    }
    if ((first & RSV2_3) !== 0) {
      return this.#refuse(CloseStatus.PROTOCOL_ERROR, 'A reserved bit is set.');
    }
    const opcode = first & OPCODE;
    if (opcode >= Opcode.CLOSE) return this.#control(at, first, second);
    const wrong = this.#misplaced(opcode, first);
    if (wrong !== '') return this.#refuse(CloseStatus.PROTOCOL_ERROR, wrong);

    let length = second & ~MASK;
    let from = at + 2;
    if (length > SHORT_BYTES) {
      from += length === LENGTH_16 ? 2 : 8;
      if (stop < from) return this.more(from - this.pos);
      length = this.#longLength(length, at + 2);
      if (length < 0) {
        return this.#refuse(
          CloseStatus.PROTOCOL_ERROR,
          'A length is not in its shortest form, or negative.',
        );
      }
    }
    const before = this.#opcode === 0 ? 0 : this.#length;
    if (length > this.#limits.frameLimitBytes || before + length > this.#limits.messageLimitBytes) {
      return this.#refuse(CloseStatus.TOO_BIG, 'A message or frame is too long.');
    }
    let key = 0;
    if (this.#mask !== 0) {
      from += KEY_BYTES;
      if (stop < from) return this.more(from - this.pos);
      key = keyAt(buffer, from);
    }
    return this.#dataFrame(first, from - this.pos, length, key);
  }

  #dataFrame(first: number, payload: number, length: number, key: number): Step {
    this.#fin = (first & FIN) !== 0;
    this.#key = key;
    this.#payload = payload;
    this.#payloadLength = length;
    const opcode = first & OPCODE;
    if (opcode !== Opcode.CONTINUATION) {
      this.#opcode = opcode;
      this.#compressed = (first & RSV1) !== 0;
      this.#text = opcode === Opcode.TEXT;
      this.#frames = 0;
      this.#length = 0;
      if (this.#fin && this.stop - this.pos >= payload + length) {
        return this.#found(payload + length, true);
      }
      if (this.#text && !this.#compressed) (this.#utf8 ??= new Utf8Checker()).restart();
    }
    this.#frames += 1;
    if (this.#frames > this.#limits.fragmentLimit) {
      return this.#refuse(CloseStatus.POLICY, 'A message has too many frames.');
    }
    this.#done = 0;
    this.#state = State.PAYLOAD;
    return Step.PART;
  }

  /** More of a frame's payload. PART: the frame is whole, and another one follows. */
  #goOn(): Step {
    const { buffer, pos } = this;
    const payload = pos + this.#payload;
    const from = payload + this.#done;
    const to = Math.min(this.stop, payload + this.#payloadLength);
    if (to > from) {
      if (this.#key !== 0) xor(buffer, from, to, turned(this.#key, this.#done));
      this.#done = to - payload;
      if (this.#text && !this.#compressed && !this.#utf8!.check(buffer, from, to)) {
        return this.#refuse(CloseStatus.INVALID_DATA, 'Text is not UTF-8.');
      }
    }
    const end = this.#payload + this.#payloadLength;
    if (this.#done < this.#payloadLength) return this.more(end);
    if (this.#mask !== 0) buffer.fill(0, payload - KEY_BYTES, payload);
    this.#length += this.#payloadLength;
    this.#at = end;
    this.#state = State.HEADER;
    if (!this.#fin) return Step.PART;
    if (this.#text && !this.#compressed && !this.#utf8!.isWhole) {
      return this.#refuse(CloseStatus.INVALID_DATA, 'Text is not UTF-8.');
    }
    this.#key = 0;
    return this.#found(end, this.#frames === 1);
  }

  #found(length: number, single: boolean): Step {
    this.#single = single;
    this.start = this.pos;
    this.end = this.pos += length;
    this.#at = 0;
    this.#opcode = 0;
    return Step.MESSAGE;
  }

  /** What is wrong with a data frame at this place, or ''. */
  #misplaced(opcode: number, first: number): string {
    if (opcode > Opcode.BINARY) return 'An opcode is reserved.';
    if (opcode === Opcode.CONTINUATION) {
      if (this.#opcode === 0) return 'A continuation continues nothing.';
    } else if (this.#opcode !== 0) {
      return 'A message begins within another.';
    }
    if ((first & RSV1) === 0) return '';
    if (!this.#deflate) return 'A reserved bit is set.';
    return opcode === Opcode.CONTINUATION ? 'A continuation says that it is compressed.' : '';
  }

  /** -1: not in its shortest form (5.2), or with its highest bit set. */
  #longLength(code: number, at: number): number {
    const { buffer } = this;
    if (code !== LENGTH_64) {
      const length = (buffer[at] << 8) | buffer[at + 1];
      return length > SHORT_BYTES ? length : -1;
    }
    if (buffer[at] > 0x7f) return -1;
    const length = buffer.readUInt32BE(at) * 2 ** 32 + buffer.readUInt32BE(at + 4);
    return length > 0xffff ? length : -1;
  }

  // ---- control frames -----------------------------------------------------------------------------------------------

  /** They come between messages and within them (5.5). PART: it was a pong. */
  #control(at: number, first: number, second: number): Step {
    const opcode = first & OPCODE;
    const length = second & ~MASK;
    if (opcode > Opcode.PONG) {
      return this.#refuse(CloseStatus.PROTOCOL_ERROR, 'An opcode is reserved.');
    }
    if ((first & RSV1) !== 0) {
      return this.#refuse(CloseStatus.PROTOCOL_ERROR, 'A control frame has a reserved bit set.');
    }
    if ((first & FIN) === 0 || length > SHORT_BYTES) {
      return this.#refuse(
        CloseStatus.PROTOCOL_ERROR,
        'A control frame is fragmented, or has more than 125 bytes.',
      );
    }
    const from = at + 2 + (this.#mask === 0 ? 0 : KEY_BYTES);
    const end = from + length;
    if (this.stop < end) return this.more(end - this.pos);
    const payload = copyBytes(this.buffer, from, end);
    if (this.#mask !== 0) xor(payload, 0, length, keyAt(this.buffer, from));
    if (this.#opcode === 0) {
      this.pos = end;
    } else {
      this.#at = end - this.pos;
      this.#frames += 1;
      if (this.#frames > this.#limits.fragmentLimit) {
        return this.#refuse(CloseStatus.POLICY, 'A message has too many frames.');
      }
    }
    if (opcode === Opcode.PONG) return Step.PART;
    if (opcode === Opcode.CLOSE) return this.#closed(payload);
    this.control = controlFrame(Opcode.PONG, payload, this.#mask === 0);
    return Step.URGENT;
  }

  /** The peer closes: it gets its own status back (5.5.1). */
  #closed(payload: Buffer): Step {
    const { length } = payload;
    if (length === 1) {
      return this.#refuse(CloseStatus.PROTOCOL_ERROR, 'A Close has half a status.');
    }
    const status = length === 0 ? CloseStatus.NONE : payload.readUInt16BE(0);
    if (length > 0 && !isSendable(status)) {
      return this.#refuse(CloseStatus.PROTOCOL_ERROR, `A Close has the status ${status}.`);
    }
    const text = length > 2 ? utf8Text(payload, 2, length) : '';
    if (text === undefined) {
      return this.#refuse(CloseStatus.INVALID_DATA, 'The text of a Close is not UTF-8.');
    }
    this.farewell = { status, text };
    this.control = closeFrame(length === 0 ? 0 : status, '', this.#mask === 0);
    this.#state = State.CLOSED;
    return Step.ANSWER;
  }

  #refuse(status: number, reason: string): Step {
    this.#state = State.CLOSED;
    const code = status === CloseStatus.TOO_BIG ? 'TOO_LARGE' : 'MALFORMED';
    return this.fail(code, `${status}: ${reason}`, closeFrame(status, '', this.#mask === 0));
  }

  // ---- taking -------------------------------------------------------------------------------------------------------

  /** `own`: the bytes are a copy already. @throws ProtocolError where they are not what the opcode says */
  #value(buffer: Buffer, from: number, to: number, own: boolean): string | Buffer {
    if (this.#compressed) {
      const { messageLimitBytes } = this.#limits;
      const whole = decompress(buffer.subarray(from, to), messageLimitBytes, this.#mask === 0);
      return this.#text ? this.#decode(whole, 0, whole.length) : whole;
    }
    if (this.#text) return this.#decode(buffer, from, to);
    if (own) return buffer;
    return this.#view ? buffer.subarray(from, to) : copyBytes(buffer, from, to);
  }

  #decode(buffer: Buffer, from: number, to: number): string {
    const short =
      to - from <= SHORT_TEXT_BYTES ? shortText(buffer, from, to - from, 0x80) : undefined;
    if (short !== undefined) return short;
    const text = utf8Text(buffer, from, to);
    if (text !== undefined) return text;
    throw new ProtocolError(
      'MALFORMED',
      '1007: Text is not UTF-8.',
      closeFrame(CloseStatus.INVALID_DATA, '', this.#mask === 0),
    );
  }

  /** The payloads of all data frames in `[start, end)`, which are unmasked already. */
  #join(): Buffer {
    const { buffer, end } = this;
    const whole = Buffer.allocUnsafe(this.#length);
    let to = 0;
    for (let at = this.start; at < end;) {
      const opcode = buffer[at] & OPCODE;
      let length = buffer[at + 1] & ~MASK;
      at += 2;
      if (length > SHORT_BYTES) {
        const code = length;
        length = this.#longLength(code, at);
        at += code === LENGTH_16 ? 2 : 8;
      }
      if (this.#mask !== 0) at += KEY_BYTES;
      if (opcode < Opcode.CLOSE) {
        buffer.copy(whole, to, at, at + length);
        to += length;
      }
      at += length;
    }
    return whole;
  }
}

/** The four bytes in front of `end`. */
function keyAt(buffer: Buffer, end: number): number {
  return (
    (buffer[end - 4] << 24) | (buffer[end - 3] << 16) | (buffer[end - 2] << 8) | buffer[end - 1]
  );
}
