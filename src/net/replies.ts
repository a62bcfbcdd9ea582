/**
 * One connection's way out: replies leave in the order of their messages, `send()` at a message boundary ahead of them,
 * and nothing is written past what the peer takes.
 *
 *     reply ─▶ (slots) ─▶ encode ─▶ writer ─▶ outbox ─▶ wire
 */
import { PushError } from '../errors.ts';
import { Sent, type CloseCode, type CloseReason } from '../handler.ts';
import type { After, Codec, ReplyStream } from '../protocols/protocol.ts';
import type { Writer } from '../protocols/writer.ts';
import { Gate, OVER } from './gate.ts';
import type { Loop } from './loop.ts';
import { flushWriter, Outbox, takeBytes } from './outbox.ts';
import { lasting, SlotQueue, SlotState, type Ending, type Slot } from './slot.ts';
import { StreamPump } from './stream-pump.ts';
import type { Encoded } from './topics.ts';
import type { Wire } from './wire.ts';

/** Replies collected past this go out before the next message starts. */
export const FLUSH_BYTES = 64 * 1024;
/** For a `send()` whose bytes have no end: nothing could be sent at a message boundary any more. */
export const STREAM_SENT =
  'A message that streams cannot be sent: return it from message() instead.';

/** What `Conversation` sends with. It knows no decoder: whoever reads tells it whether a message is still coming. */
export abstract class Replies {
  gate = 0;
  stamp = 0;
  /** Called whenever nothing is in flight any more and nothing waits to be sent. */
  onQuiet: (() => void) | undefined = undefined;

  codec: Codec<unknown, unknown>;

  protected readonly loop: Loop;
  protected readonly slots = new SlotQueue();
  /** Messages whose replies have not left. */
  protected inFlight = 0;
  /** Messages that may be in flight. */
  protected window: number;
  protected wire!: Wire;
  /** Inside its own `open` or `message` call. */
  protected inside = false;
  protected endReason: CloseReason | undefined = undefined;
  /** Why our goodbye is out, or on its way, and the peer's is awaited. */
  protected leaving: CloseReason | undefined = undefined;
  #outbox = new Outbox();
  #dirty = false;
  #wantsDrain = false;
  #stream: StreamPump | undefined = undefined;
  /** A reply is under way that ends with the connection: the end, now, would look like its own. */
  protected untilClose = false;
  /** The server stops. */
  protected stopping = false;
  /** A reply said that it is the last: what comes behind its message is not looked at. */
  protected announced = false;

  constructor(loop: Loop) {
    this.loop = loop;
    this.window = loop.inFlightLimit;
    this.codec = loop.protocol.server;
  }

  /** Nothing more is decoded; replies due go out; then the end. */
  abstract finish(code: CloseCode, error?: unknown): void;
  /** Ends at once. */
  abstract abort(code: CloseCode, error?: unknown): void;
  /** The end, if it is due and nothing is left to send. */
  protected abstract endIfDone(): void;
  /** A gate may have opened. */
  protected abstract goOn(): void;
  /** The protocol gives way to its `switches[name]`. */
  protected abstract switchTo(name: string, handover?: unknown): void;
  /** The handler threw, or asked for what cannot be. */
  protected abstract handlerFailed(error: unknown): void;
  /** The peer has taken what a sender waited for. */
  protected abstract runDrain(): void;
  /** The last message was given away before it was whole. */
  protected abstract get stillComing(): boolean;
  /** Bytes have come behind the last message. */
  protected abstract get moreCame(): boolean;

  send(message: unknown): Sent {
    if (this.#isShut()) return Sent.CLOSED;
    if (
      !this.inside &&
      this.inFlight === 0 &&
      !(this.gate & Gate.OPENING) &&
      this.loop.handler.pushes !== true
    ) {
      throw new PushError(
        'The handler sent outside of its own message: declare `pushes: true` on it (mode blocking cannot run such a handler).',
      );
    }
    const writer = this.writer();
    const after = this.codec.encode(message, writer, undefined);
    this.collected(writer);
    this.#checkLimit();
    if (after?.stream !== undefined) this.broken(new TypeError(STREAM_SENT), undefined);
    else if (after !== undefined) this.#apply(after, undefined);
    return this.sent();
  }

  /** A topic's message, sent as `send()` sends. False: it was not taken. */
  deliver({ bytes, after }: Encoded): boolean {
    if (this.#isShut()) return false;
    this.push(bytes);
    if (after !== undefined) this.#apply(after, undefined);
    this.#flushLong();
    return true;
  }

  get isClosed(): boolean {
    return (this.gate & Gate.CLOSED) !== 0;
  }

  /** The peer does not read. */
  get isBlocked(): boolean {
    return (this.gate & Gate.BLOCKED) !== 0;
  }

  /** Messages are in flight, or replies wait to be sent. */
  get isBusy(): boolean {
    return this.slots.head !== undefined || this.#dirty || (this.gate & Gate.OPENING) !== 0;
  }

  /** The end of the turn: what was encoded outside of its own read goes out. */
  flushDirty(): void {
    this.#dirty = false;
    this.flushOutbox();
    this.endIfDone();
    if (this.onQuiet !== undefined && !this.isBusy) this.onQuiet();
  }

  /** What its own read produced so far goes out. */
  flushRead(): void {
    const { writer } = this.loop;
    if (this.gate & Gate.CLOSED) writer.clear();
    else if (flushWriter(writer, this.wire)) this.#written();
  }

  // ---- for those who execute ----------------------------------------------------------------------------------------

  /** A reply that is there now: out at once if none is due before it, else behind them. */
  protected reply(state: SlotState, value: unknown, input: unknown): void {
    if (this.gate & (Gate.CLOSED | Gate.LAST)) return;
    if (this.slots.head === undefined) this.#leave(state, value, input, undefined);
    else this.#count(this.slots.push(state, lasting(this.codec, value, input), input, true));
  }

  /** A place for a reply that comes later, through `settle`. */
  protected reserve(input: unknown): Slot {
    const slot = this.slots.push(SlotState.PENDING, undefined, input, true);
    this.#count(slot);
    return slot;
  }

  protected settle(slot: Slot, state: SlotState, value: unknown): void {
    if (this.gate & Gate.CLOSED) return;
    slot.state = state;
    slot.value = lasting(this.codec, value, slot.input);
    if (slot === this.slots.head) this.#advance();
  }

  /** Inside its own read replies collect in the loop's writer, else in the outbox by way of the loop's second one. */
  protected writer(): Writer {
    return this.loop.reading === this ? this.loop.writer : this.loop.lateWriter;
  }

  /** Bytes that were encoded elsewhere, at a message boundary, not behind replies due. */
  protected push(bytes: Uint8Array): void {
    if (this.#isShut()) return;
    const writer = this.writer();
    writer.raw(bytes);
    this.collected(writer);
    this.#checkLimit();
  }

  /** The end, behind what was written so far; replies due do not leave any more. */
  protected cut(code: CloseCode, error?: unknown): void {
    this.endBehind(undefined, code, error);
  }

  /** `runDrain()` follows when the peer has taken what waits. */
  protected awaitDrain(): void {
    this.#wantsDrain = true;
  }

  /** Bytes of the protocol's own, in the order of the replies. */
  protected answer(bytes: Uint8Array): void {
    if (this.slots.head === undefined) this.#leave(SlotState.BYTES, bytes, undefined, undefined);
    else this.slots.push(SlotState.BYTES, Buffer.from(bytes), undefined, false);
  }

  /** The handler or its protocol asked for what cannot be. */
  protected broken(error: Error, slot: Slot | undefined): void {
    this.handlerFailed(error);
    this.endBehind(slot, 'error', error);
  }

  /** `open` failed, and has been told: the goodbye that says so (RFC 6455, 7.4.1), or the end at once. */
  protected endUnopened(error: unknown): void {
    const goodbye = this.codec.encodeClose?.('error');
    if (goodbye === undefined) {
      this.abort('error', error);
      return;
    }
    this.gate &= ~Gate.OPENING;
    this.push(goodbye);
    this.endBehind(undefined, 'error', error);
  }

  /** The server stops: a stream without an end of its own comes to one. */
  protected drainStream(): void {
    this.stopping = true;
    this.#stream?.drain();
  }

  /** The connection has ended: nothing leaves any more. */
  protected dropReplies(): void {
    this.slots.clear();
    this.inFlight = 0;
    this.#outbox.clear();
    this.#stream?.cancel();
  }

  /** The peer reads again. */
  protected peerDrained(): void {
    this.#drained();
    this.#stream?.resume();
    this.#advance();
  }

  // ---- replies out --------------------------------------------------------------------------------------------------

  #count(slot: Slot): void {
    if (!slot.counted) return;
    this.inFlight += 1;
    // What is still coming must come: then (at a PART) the gate closes.
    if (this.inFlight >= this.window && !this.stillComing) {
      this.gate |= Gate.FULL;
    }
  }

  #release(slot: Slot): void {
    this.slots.shift();
    if (!slot.counted) return;
    this.inFlight -= 1;
    if (this.inFlight < this.window) this.gate &= ~Gate.FULL;
  }

  /** Sends whatever is ready at the head, while the peer reads, then goes on reading if that opened a gate. */
  #advance(): void {
    for (let slot = this.slots.head; slot !== undefined; slot = this.slots.head) {
      if (slot.state === SlotState.PENDING || slot.state === SlotState.STREAMING) break;
      if (this.gate & Gate.BLOCKED) break;
      if (this.#leave(slot.state, slot.value, slot.input, slot)) break;
      if (this.gate & Gate.CLOSED) return;
      this.#release(slot);
    }
    this.goOn();
  }

  /** Writes one reply. True: it streams, and stays at the head. */
  #leave(state: SlotState, value: unknown, input: unknown, slot: Slot | undefined): boolean {
    const isLast = this.stopping && this.#isLast(state, slot);
    let writer = isLast ? this.loop.lateWriter : this.writer();
    let after: After | undefined;
    if (state === SlotState.BYTES) {
      writer.raw(value as Uint8Array);
      after = slot?.after;
    } else if (state === SlotState.ENDS) {
      const { code, error, reply } = value as Ending;
      if (reply !== undefined) writer.raw(reply);
      this.endBehind(slot, code, error);
    } else if (state === SlotState.FAILED) {
      after = this.#failed(value, writer, input, slot);
    } else if (value !== undefined) {
      try {
        after = this.codec.encode(value, writer, input);
      } catch (error) {
        after = this.#failed(error, writer, input, slot);
      }
    }
    if (isLast) {
      const reply = takeBytes(writer);
      writer = this.writer();
      after = this.#announce(reply, after, writer);
    }
    if (writer === this.loop.lateWriter) {
      this.collected(writer);
      if (this.#outbox.waitingBytes > FLUSH_BYTES) this.flushOutbox();
    }
    return after !== undefined && this.#apply(after, slot);
  }

  /** The server stops, and as far as is known this is the reply to the last message. */
  #isLast(state: SlotState, slot: Slot | undefined): boolean {
    if (this.codec.encodeLast === undefined || state === SlotState.ENDS || this.moreCame)
      return false;
    return slot === undefined ? state !== SlotState.BYTES : slot.counted && slot.next === undefined;
  }

  /** Tells the peer that `reply` is the last, unless it is none, or begins another protocol. */
  #announce(reply: Uint8Array, after: After | undefined, writer: Writer): After | undefined {
    if (reply.length === 0 || after?.switchTo !== undefined) {
      writer.raw(reply);
      return after;
    }
    writer.raw(this.codec.encodeLast!(reply));
    this.announced = true;
    return { stream: after?.stream, close: true };
  }

  /** The protocol's error reply, or the end. */
  #failed(
    error: unknown,
    writer: Writer,
    input: unknown,
    slot: Slot | undefined,
  ): After | undefined {
    this.handlerFailed(error);
    if (this.codec.encodeError !== undefined) return this.codec.encodeError(error, writer, input);
    if (this.codec.encodeClose !== undefined) writer.raw(this.codec.encodeClose('error'));
    this.endBehind(slot, 'error', error);
    return undefined;
  }

  /** The end, behind this slot (undefined: behind what was written). Replies that wait behind it never leave. */
  protected endBehind(slot: Slot | undefined, code: CloseCode, error?: unknown): void {
    this.slots.cutBehind(slot);
    this.inFlight = slot?.counted === true ? 1 : 0;
    this.gate |= Gate.LAST;
    this.finish(code, error);
    this.endIfDone(); // where it was ending already, and waited for what was cut
  }

  #apply(after: After, slot: Slot | undefined): boolean {
    if (after.stream !== undefined) {
      this.#openStream(after, after.stream, slot);
      return true;
    }
    if (after.switchTo !== undefined) this.switchTo(after.switchTo, after.handover);
    if (after.close === true) this.endBehind(slot, this.announced ? 'stop' : 'handler');
    return false;
  }

  #openStream(after: After, source: ReplyStream, at: Slot | undefined): void {
    const slot = at ?? this.reserve(undefined);
    slot.state = SlotState.STREAMING;
    this.untilClose = source.untilClose === true;
    const stream = new StreamPump(source, {
      write: (chunk) => {
        const writer = this.loop.lateWriter;
        if (typeof chunk === 'string') writer.text(chunk);
        else writer.raw(chunk);
        this.collected(writer);
        this.flushOutbox();
        return !(this.gate & (Gate.BLOCKED | Gate.CLOSED));
      },
      done: (error, failed) => {
        this.#stream = undefined;
        if (failed) {
          // Its first bytes are out: nothing but the end can tell the peer that the rest is missing.
          this.handlerFailed(error);
          this.abort('error', error);
          return;
        }
        this.untilClose = false;
        const { close, switchTo, handover } = after;
        this.#apply({ close, switchTo, handover }, slot);
        this.#release(slot);
        this.#advance();
      },
      failedLate: (error) => this.handlerFailed(error),
    });
    this.#stream = stream;
    if (this.stopping) stream.drain();
    stream.resume();
  }

  /** A writer was filled. In its own read that goes out with the read's end; else at the end of the turn. */
  protected collected(writer: Writer): void {
    if (writer !== this.loop.lateWriter || !this.#outbox.take(writer)) return;
    if (!this.#dirty) {
      this.#dirty = true;
      this.loop.markDirty(this);
    }
  }

  protected flushOutbox(): void {
    if (this.#outbox.isEmpty || this.gate & Gate.CLOSED) return;
    this.#outbox.flush(this.wire);
    this.#written();
  }

  #written(): void {
    this.stamp = this.loop.wheel.tick;
    const waiting = this.wire.waitingBytes;
    if (waiting === 0 && !this.#wantsDrain) return;
    if (this.wire.blocked) this.gate |= Gate.BLOCKED;
    else this.#drained();
  }

  /**
   * What is sent has a limit of its own. Replies need none: they wait in their slots for a peer that does not read, and
   * no more of its messages start.
   */
  #checkLimit(): void {
    if (this.wire.waitingBytes + this.#outbox.waitingBytes > this.loop.limits.sendLimitBytes)
      this.abort('send-limit');
  }

  /** Nothing can be sent any more. While a message is in flight our goodbye is still behind its reply. */
  #isShut(): boolean {
    if (this.leaving !== undefined && this.inFlight === 0) return true;
    return (this.gate & OVER) !== 0 && !this.#answers();
  }

  /** It ends, but messages in flight are still answered, and may send: the peer, or the server, has ended it, not they. */
  #answers(): boolean {
    if (this.gate & (Gate.CLOSED | Gate.LAST) || this.inFlight === 0) return false;
    return this.endReason?.code !== 'handler';
  }

  /** What to tell a sender. */
  protected sent(): Sent {
    this.#flushLong();
    if (this.gate & (Gate.CLOSED | Gate.LAST)) return Sent.CLOSED;
    if (!(this.gate & Gate.BLOCKED)) return Sent.OK;
    this.awaitDrain();
    return Sent.WAIT;
  }

  /** What is much goes out before the end of the turn. */
  #flushLong(): void {
    if (this.loop.reading === this) {
      if (this.loop.writer.size > FLUSH_BYTES) this.flushRead();
    } else if (this.#outbox.waitingBytes > FLUSH_BYTES) {
      this.flushOutbox();
    }
  }

  #drained(): void {
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.runDrain();
  }
}
