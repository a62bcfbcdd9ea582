/**
 * One connection: bytes come in, messages start in their order, replies leave in their order, and whoever is too slow
 * pauses nobody but itself.
 *
 *     onBytes ─▶ decode ─▶ run ─▶ (slots) ─▶ encode ─▶ flush
 *        ▲                                              │
 *        └────────────── gates say whether to read on ◀─┘
 *
 * It knows no socket (Wire) and no clock (Loop). A subclass that executes messages elsewhere overrides the `run…`.
 */
import { HandlerError, ProtocolError, PushError } from '../errors.ts';
import {
  Sent,
  type CloseCode,
  type CloseReason,
  type Connection,
  type MessageHandler,
} from '../handler.ts';
import {
  Step,
  type After,
  type Codec,
  type Decoder,
  type Protocol,
} from '../protocols/protocol.ts';
import type { Writer } from '../protocols/writer.ts';
import { Kept } from './kept.ts';
import type { Loop } from './loop.ts';
import { flushWriter, Outbox } from './outbox.ts';
import { SlotQueue, SlotState, type Ending, type Slot } from './slot.ts';
import { StreamPump } from './stream-pump.ts';
import type { WheelEntry } from './wheel.ts';
import type { Wire, WireListener } from './wire.ts';

/** Why a connection does not decode. No bit set: it does. */
export const Gate = {
  /** `open` has not settled. */
  OPENING: 1,
  /** As many messages in flight as allowed. */
  FULL: 2,
  /** The peer does not read what was sent. */
  BLOCKED: 4,
  /** The protocol waits until every reply due is out. */
  HELD: 8,
  /** Whoever executes has as many messages under way as it may. */
  STARVED: 16,
  /** Replies due are sent, then the end. Bytes that come are dropped. */
  ENDING: 32,
  CLOSED: 64,
  /** Nobody takes what has come of the last message. */
  WAITING: 128,
  /** The last reply is written: not even what is due leaves any more. */
  LAST: 256,
} as const;
const OVER = Gate.ENDING | Gate.CLOSED;

/** Replies collected past this go out before the next message starts. */
const FLUSH_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** For a `send()` whose bytes have no end: nothing could be sent at a message boundary any more. */
export const STREAM_SENT =
  'A message that streams cannot be sent: return it from message() instead.';

/** What runs a protocol's messages: the handler, or the part of it that a switch names. */
export type Hooks = Pick<MessageHandler, 'message' | 'open' | 'drain' | 'close'>;

export class Conversation implements Connection, WireListener, WheelEntry {
  readonly id: number;
  state: unknown = undefined;
  gate = 0;
  stamp = 0;
  bucket = -1;
  index = -1;

  protected readonly loop: Loop;
  protected hooks: Hooks;
  protected protocol: Protocol;
  protected codec: Codec<unknown, unknown>;
  protected readonly slots = new SlotQueue();
  /** Messages whose replies have not left. */
  protected inFlight = 0;
  protected wire!: Wire;
  /** Called whenever nothing is in flight any more and nothing waits to be sent. */
  onQuiet: (() => void) | undefined = undefined;
  #decoder: Decoder<unknown>;
  #kept: Kept | undefined = undefined;
  #outbox = new Outbox();
  #dirty = false;
  /** Inside its own `open` or `message` call. */
  #inside = false;
  /** The peer has ended. */
  #ended = false;
  /** We have ended. */
  #finished = false;
  /** The server stops: the end follows when everything received is answered. */
  #stopping = false;
  #opened = false;
  /** The wire was told to stop reading. */
  #paused = false;
  #wantsDrain = false;
  /** The decoder has found a switch, and replies are due. */
  #switchDue: string | undefined = undefined;
  /** What the decoder said last; and the tick at which the message that it is about began. */
  #deadlineMs: number | undefined = undefined;
  #since = 0;
  /** The tick of the last WAIT. */
  #waitingFrom = 0;
  #stream: StreamPump | undefined = undefined;
  #reason: CloseReason | undefined = undefined;
  #abort: AbortController | undefined = undefined;

  constructor(loop: Loop, id: number) {
    this.loop = loop;
    this.id = id;
    this.hooks = loop.handler;
    this.protocol = loop.protocol;
    this.codec = loop.protocol.server;
    this.#decoder = this.codec.decoder(loop.limits.messageLimitBytes);
  }

  // ---- the handler's side -------------------------------------------------------------------------------------------

  get remoteAddress(): string {
    return this.wire.remoteAddress;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.gate & Gate.CLOSED) this.#abort.abort(this.#abortReason());
    }
    return this.#abort.signal;
  }

  send(message: unknown): Sent {
    if (this.gate & OVER && !this.#answers()) return Sent.CLOSED;
    if (
      !this.#inside &&
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
    this.#collected(writer);
    this.#checkLimit();
    if (after?.stream !== undefined) this.#broken(new TypeError(STREAM_SENT), undefined);
    else if (after !== undefined) this.#apply(after, undefined);
    return this.sent();
  }

  close(): void {
    this.finish('handler');
  }

  /** Why it ends, or has ended. */
  get reason(): CloseReason | undefined {
    return this.#reason;
  }

  // ---- the wire's side ----------------------------------------------------------------------------------------------

  /** Takes the connection into service. */
  attach(wire: Wire): void {
    this.wire = wire;
    this.loop.add(this);
    this.#runOpen();
    if (this.gate & Gate.CLOSED) return;
    this.#flushOutbox();
    this.#endIfDone();
    this.#paused = true;
    this.#resume();
  }

  onBytes(buffer: Buffer, length: number): boolean {
    this.stamp = this.loop.wheel.tick;
    this.loop.counters.bytesIn += length;
    if (this.gate === 0 && this.#kept === undefined) {
      this.#decode(buffer, 0, length, 0);
    } else if (this.gate & OVER) {
      return !(this.gate & Gate.CLOSED); // read and dropped, so that the peer's end arrives
    } else {
      this.#keep(buffer, 0, length);
      if (this.gate === 0) this.#decodeKept();
    }
    if (this.#reads()) return true;
    this.#paused = true;
    return false;
  }

  onEnd(): void {
    this.#ended = true;
    if (this.gate === 0) this.#decodeKept();
  }

  onDrain(): void {
    this.stamp = this.loop.wheel.tick;
    this.gate &= ~Gate.BLOCKED;
    this.#drained();
    this.#stream?.resume();
    this.#advance();
  }

  onClosed(error: Error | undefined): void {
    if (this.gate & Gate.CLOSED) return;
    this.gate |= Gate.CLOSED;
    this.#reason ??= error === undefined ? { code: 'client' } : { code: 'reset', error };
    this.loop.remove(this);
    this.#kept = undefined;
    this.slots.clear();
    this.inFlight = 0;
    this.#outbox.clear();
    this.#stream?.cancel();
    this.#abort?.abort(this.#abortReason());
    this.#decoder.ended?.();
    if (this.#opened) this.runClose(this.#reason);
  }

  // ---- the loop's side ----------------------------------------------------------------------------------------------

  /** Messages are in flight, or replies wait to be sent. */
  get isBusy(): boolean {
    return this.slots.head !== undefined || this.#dirty || (this.gate & Gate.OPENING) !== 0;
  }

  get bytesWritten(): number {
    return this.wire.bytesWritten;
  }

  timeoutTicks(): number {
    const ticks = this.#finished ? this.loop.lingerTicks : this.loop.idleTicks;
    if (!this.#deadlineMs || this.gate !== 0) return ticks;
    const left = this.#deadline() - this.stamp || -1;
    return ticks === 0 ? left : Math.min(ticks, left);
  }

  onDue(): void {
    if (this.#isOverdue()) this.#refuse(this.#decoder.expire!());
    else if (this.#finished || this.gate & Gate.BLOCKED) this.abort('idle');
    else if (this.inFlight > 0 || this.gate & Gate.OPENING) this.stamp = this.loop.wheel.tick; // the handler is at it
    else this.finish('idle');
  }

  /** Nothing more is decoded; replies due go out; then the end. */
  finish(code: CloseCode, error?: unknown): void {
    if (this.gate & OVER) return;
    this.#reason = error === undefined ? { code } : { code, error };
    this.gate |= Gate.ENDING;
    this.#kept = undefined;
    this.#decoder.ended?.();
    this.#endIfDone();
  }

  /** The server stops: messages that came whole are answered, then the end. */
  drain(): void {
    this.#stopping = true;
    if (this.gate === 0 && this.#decoder.unfinished !== true) this.finish('stop');
  }

  /** Ends at once. */
  abort(code: CloseCode, error?: unknown): void {
    if (this.gate & Gate.CLOSED) return;
    this.#reason ??= error === undefined ? { code } : { code, error };
    this.gate |= Gate.ENDING | Gate.LAST;
    this.wire.destroy();
  }

  /** The end of the turn: what was encoded outside of its own read goes out. */
  flushDirty(): void {
    this.#dirty = false;
    this.#flushOutbox();
    this.#endIfDone();
    if (this.onQuiet !== undefined && !this.isBusy) this.onQuiet();
  }

  // ---- where messages run -------------------------------------------------------------------------------------------

  /** Calls `open`. A promise: `opened()` follows. */
  protected runOpen(): unknown {
    if (this.hooks.close !== undefined) void this.wire.remoteAddress; // kept for close()
    return this.hooks.open?.(this);
  }

  /** Runs the message that the decoder has just found in `buffer`. */
  protected run(decoder: Decoder<unknown>, _buffer: Buffer): void {
    const input = decoder.take();
    let result: unknown;
    this.#inside = true;
    try {
      result = this.hooks.message(input, this);
    } catch (error) {
      this.#inside = false;
      this.reply(SlotState.FAILED, error, input);
      return;
    }
    this.#inside = false;
    if (isPromise(result)) {
      const slot = this.reserve(input);
      result.then(
        (value) => this.settle(slot, SlotState.DONE, value),
        (error) => this.settle(slot, SlotState.FAILED, error),
      );
    } else if (result !== undefined) {
      this.reply(SlotState.DONE, result, input);
    }
  }

  /** The protocol has given way to its `switches[name]`. */
  protected switched(_name: string): void {}

  protected runDrain(): void {
    try {
      this.hooks.drain?.(this);
    } catch (error) {
      this.loop.handlerFailed(error, this);
    }
  }

  protected runClose(reason: CloseReason): void {
    try {
      this.hooks.close?.(this, reason);
    } catch (error) {
      this.loop.handlerFailed(error, this);
    }
  }

  /** A reply that is there now: out at once if none is due before it, else behind them. */
  protected reply(state: SlotState, value: unknown, input: unknown): void {
    if (this.gate & (Gate.CLOSED | Gate.LAST)) return;
    if (this.slots.head === undefined) this.#leave(state, value, input, undefined);
    else this.#count(this.slots.push(state, value, input, true));
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
    slot.value = value;
    if (slot === this.slots.head) this.#advance();
  }

  /** Inside its own read replies collect in the loop's writer, else in the outbox by way of the loop's second one. */
  protected writer(): Writer {
    return this.loop.reading === this ? this.loop.writer : this.loop.lateWriter;
  }

  /** Bytes that were encoded elsewhere, at a message boundary, not behind replies due. */
  protected push(bytes: Uint8Array): void {
    if (this.gate & OVER && !this.#answers()) return;
    const writer = this.writer();
    writer.raw(bytes);
    this.#collected(writer);
    this.#checkLimit();
  }

  /** The end, behind what was written so far; replies due do not leave any more. */
  protected cut(code: CloseCode, error?: unknown): void {
    this.#endBehind(undefined, code, error);
  }

  protected get isBlocked(): boolean {
    return (this.gate & Gate.BLOCKED) !== 0;
  }

  /** `runDrain()` follows when the peer has taken what waits. */
  protected awaitDrain(): void {
    this.#wantsDrain = true;
  }

  /** Opens gates: decodes what was kept, then reads on. */
  protected open(gates: number): void {
    this.gate &= ~gates;
    this.#goOn();
  }

  // ---- bytes in -----------------------------------------------------------------------------------------------------

  #runOpen(): void {
    let state: unknown;
    this.#inside = true;
    try {
      state = this.runOpen();
    } catch (error) {
      this.#openFailed(error);
      return;
    } finally {
      this.#inside = false;
    }
    if (!isPromise(state)) {
      this.state = state;
      this.#opened = true;
      return;
    }
    this.gate |= Gate.OPENING;
    state.then(
      (value) => {
        this.state = value;
        this.#opened = true;
        if (this.gate & Gate.CLOSED) return this.runClose(this.#reason!);
        this.gate &= ~Gate.OPENING;
        this.#goOn();
      },
      (error) => this.#openFailed(error),
    );
  }

  #openFailed(error: unknown): void {
    this.loop.handlerFailed(error, this);
    this.abort('error', error);
  }

  #reads(): boolean {
    if (this.gate === 0) return true;
    if (this.gate & OVER) return !(this.gate & Gate.CLOSED);
    // Behind other gates reading goes on until bytes come: only so does the peer's end show while a handler works.
    return !(this.gate & Gate.BLOCKED) && this.#kept === undefined;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#kept === undefined) this.#kept = new Kept(bytes, from, to, this.#decoder.want);
    else this.#kept.append(bytes, from, to, this.#decoder.want);
  }

  #decodeKept(): void {
    const kept = this.#kept;
    if (kept !== undefined) this.#decode(kept.buffer, kept.start, kept.end, kept.seen);
    else this.#caughtUp();
  }

  /** Runs every whole message in `[from, to)` until a gate closes, and keeps what is left. */
  #decode(buffer: Buffer, from: number, to: number, fresh: number): void {
    const { loop } = this;
    const decoder = this.#decoder;
    const outer = loop.reading;
    if (outer !== undefined) outer.flushRead();
    loop.reading = this;
    this.#flushOutbox();
    decoder.feed(buffer, from, to, fresh);
    let step: Step = Step.HOLD;
    let found = false;
    while (this.gate === 0) {
      step = decoder.next();
      if (step === Step.MESSAGE) {
        found = true;
        this.#message(decoder, buffer);
        if (loop.writer.size > FLUSH_BYTES) this.flushRead();
      } else if (step === Step.MORE || this.#special(step, decoder)) {
        break;
      }
      if (decoder !== this.#decoder) break; // it switched: what is left belongs to the next one
    }
    this.#keepRest(buffer, decoder.pos, to, step === Step.MORE);
    if (decoder.deadlineMs !== this.#deadlineMs || (found && decoder.deadlineMs)) {
      this.#watch(decoder, found);
    }
    this.flushRead();
    loop.reading = outer;
    if (this.gate !== 0) this.#endIfDone();
    else if (decoder !== this.#decoder) this.#decodeKept();
    else this.#caughtUp();
  }

  #keepRest(buffer: Buffer, left: number, to: number, seen: boolean): void {
    if (left >= to || this.gate & OVER) {
      this.#kept = undefined;
    } else if (this.#kept?.buffer === buffer) {
      this.#kept.start = left;
    } else {
      this.#kept = undefined;
      this.#keep(buffer, left, to);
    }
    if (this.#kept !== undefined) this.#kept.seen = seen ? this.#kept.end : this.#kept.start;
  }

  /** A message is under way that has a deadline, or none is any more. */
  #watch(decoder: Decoder<unknown>, found: boolean): void {
    const { wheel } = this.loop;
    if (found || !this.#deadlineMs) this.#since = wheel.tick;
    this.#deadlineMs = decoder.deadlineMs;
    if (this.#deadlineMs) wheel.restart(this);
  }

  #isOverdue(): boolean {
    if (!this.#deadlineMs || this.gate !== 0) return false;
    return this.#deadline() <= this.loop.wheel.tick;
  }

  /** Its tick: one more than the time has, since it began within a tick. A deadline is met late rather than early. */
  #deadline(): number {
    return this.#since + this.loop.wheel.ticks(this.#deadlineMs!) + 1;
  }

  #message(decoder: Decoder<unknown>, buffer: Buffer): void {
    this.loop.counters.messages += 1;
    try {
      this.run(decoder, buffer);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
    }
  }

  /** True: nothing more is decoded for now. */
  #special(step: Step, decoder: Decoder<unknown>): boolean {
    if (step === Step.ANSWER) {
      this.#answer(decoder.control!);
      return false;
    }
    if (step === Step.URGENT) {
      const writer = this.writer();
      writer.raw(decoder.control!);
      this.#collected(writer);
      return false;
    }
    if (step === Step.PART) {
      if (decoder.unfinished !== true && this.inFlight >= this.loop.inFlightLimit) {
        this.gate |= Gate.FULL;
      }
      return false;
    }
    if (step === Step.WAIT) this.#waitFor(decoder);
    else if (step === Step.END) this.finish('client');
    else if (step === Step.FAIL) this.#refuse(decoder.failure!);
    else if (this.slots.head !== undefined) this.#hold(step, decoder);
    else if (step === Step.SWITCH) this.#switch(decoder.target);
    else return false;
    return true;
  }

  /** Nothing is decoded until every reply due is out. */
  #hold(step: Step, decoder: Decoder<unknown>): void {
    this.gate |= Gate.HELD;
    if (step === Step.SWITCH) this.#switchDue = decoder.target;
  }

  #unhold(): void {
    this.gate &= ~Gate.HELD;
    const name = this.#switchDue;
    if (name === undefined) return;
    this.#switchDue = undefined;
    if (!(this.gate & OVER)) this.#switch(name);
  }

  #waitFor(decoder: Decoder<unknown>): void {
    this.gate |= Gate.WAITING;
    this.#waitingFrom = this.loop.wheel.tick;
    decoder.resume ??= () => {
      if (!(this.gate & Gate.WAITING)) return;
      this.#since += this.loop.wheel.tick - this.#waitingFrom;
      this.open(Gate.WAITING);
      if (this.#deadlineMs) this.loop.wheel.restart(this);
    };
  }

  #answer(bytes: Uint8Array): void {
    if (this.slots.head === undefined) this.#leave(SlotState.BYTES, bytes, undefined, undefined);
    else this.slots.push(SlotState.BYTES, Buffer.from(bytes), undefined, false);
  }

  /** The peer broke the protocol: replies due go out, then the protocol's last bytes, then the end. */
  #refuse(error: ProtocolError): void {
    this.loop.counters.errors += 1;
    if (error.reply !== undefined) this.#answer(error.reply);
    this.finish('protocol', error);
  }

  /** Every whole message received has started. */
  #caughtUp(): void {
    if (this.#stopping && this.#decoder.unfinished !== true) this.finish('stop');
    if (!this.#ended || this.gate & OVER) return;
    const decoder = this.#decoder;
    const kept = this.#kept;
    if (kept === undefined) decoder.feed(EMPTY, 0, 0, 0);
    else decoder.feed(kept.buffer, kept.start, kept.end, kept.end);
    const step = decoder.finish();
    if (step === Step.MESSAGE) this.#message(decoder, kept?.buffer ?? EMPTY);
    else if (step === Step.FAIL) this.#refuse(decoder.failure!);
    this.finish('client');
  }

  #switch(name: string): void {
    const next = this.protocol.switches?.[name];
    if (next === undefined) {
      this.#broken(
        new TypeError(`Protocol ${this.protocol.name} has no switch "${name}".`),
        this.slots.head,
      );
      return;
    }
    const hooks = next.hooks === undefined ? this.hooks : hooksOf(this.loop.handler, next.hooks);
    if (hooks === undefined) {
      this.#broken(
        new HandlerError(`The handler has no ${next.hooks}: { message() }, and ${name} needs it.`),
        this.slots.head,
      );
      return;
    }
    this.protocol = next.protocol;
    this.codec = next.protocol.server;
    this.#decoder = this.codec.decoder(this.loop.limits.messageLimitBytes);
    if (this.#kept !== undefined) this.#kept.seen = this.#kept.start;
    this.gate &= ~Gate.HELD;
    this.hooks = hooks;
    this.switched(name);
    if (next.hooks !== undefined) this.#runOpen();
  }

  /** The handler or its protocol asked for what cannot be. */
  #broken(error: Error, slot: Slot | undefined): void {
    this.loop.handlerFailed(error, this);
    this.#endBehind(slot, 'error', error);
  }

  // ---- replies out --------------------------------------------------------------------------------------------------

  #count(slot: Slot): void {
    if (!slot.counted) return;
    this.inFlight += 1;
    // What is still coming must come: then (at a PART) the gate closes.
    if (this.inFlight >= this.loop.inFlightLimit && this.#decoder.unfinished !== true) {
      this.gate |= Gate.FULL;
    }
  }

  #release(slot: Slot): void {
    this.slots.shift();
    if (!slot.counted) return;
    this.inFlight -= 1;
    if (this.inFlight < this.loop.inFlightLimit) this.gate &= ~Gate.FULL;
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
    this.#goOn();
  }

  /** Writes one reply. True: it streams, and stays at the head. */
  #leave(state: SlotState, value: unknown, input: unknown, slot: Slot | undefined): boolean {
    const writer = this.writer();
    let after: After | undefined;
    if (state === SlotState.BYTES) {
      writer.raw(value as Uint8Array);
      after = slot?.after;
    } else if (state === SlotState.ENDS) {
      const { code, error, reply } = value as Ending;
      if (reply !== undefined) writer.raw(reply);
      this.#endBehind(slot, code, error);
    } else if (state === SlotState.FAILED) {
      after = this.#failed(value, writer, input, slot);
    } else if (value !== undefined) {
      try {
        after = this.codec.encode(value, writer, input);
      } catch (error) {
        after = this.#failed(error, writer, input, slot);
      }
    }
    if (writer === this.loop.lateWriter) {
      this.#collected(writer);
      if (this.#outbox.waitingBytes > FLUSH_BYTES) this.#flushOutbox();
    }
    return after !== undefined && this.#apply(after, slot);
  }

  /** The protocol's error reply, or the end. */
  #failed(
    error: unknown,
    writer: Writer,
    input: unknown,
    slot: Slot | undefined,
  ): After | undefined {
    this.loop.handlerFailed(error, this);
    if (this.codec.encodeError !== undefined) return this.codec.encodeError(error, writer, input);
    this.#endBehind(slot, 'error', error);
    return undefined;
  }

  /** The end, behind this slot (undefined: behind what was written). Replies that wait behind it never leave. */
  #endBehind(slot: Slot | undefined, code: CloseCode, error?: unknown): void {
    this.slots.cutBehind(slot);
    this.inFlight = slot?.counted === true ? 1 : 0;
    this.gate |= Gate.LAST;
    this.finish(code, error);
    this.#endIfDone(); // where it was ending already, and waited for what was cut
  }

  #apply(after: After, slot: Slot | undefined): boolean {
    if (after.stream !== undefined) {
      this.#openStream(after, after.stream, slot);
      return true;
    }
    if (after.switchTo !== undefined) this.#switch(after.switchTo);
    if (after.close === true) this.#endBehind(slot, 'handler');
    return false;
  }

  #openStream(
    after: After,
    source: AsyncIterable<Uint8Array | string>,
    at: Slot | undefined,
  ): void {
    const slot = at ?? this.reserve(undefined);
    slot.state = SlotState.STREAMING;
    const stream = new StreamPump(source, {
      write: (chunk) => {
        const writer = this.loop.lateWriter;
        if (typeof chunk === 'string') writer.text(chunk);
        else writer.raw(chunk);
        this.#collected(writer);
        this.#flushOutbox();
        return !(this.gate & (Gate.BLOCKED | Gate.CLOSED));
      },
      done: (error, failed) => {
        this.#stream = undefined;
        if (failed) {
          // Its first bytes are out: nothing but the end can tell the peer that the rest is missing.
          this.loop.handlerFailed(error, this);
          this.abort('error', error);
          return;
        }
        this.#apply({ close: after.close, switchTo: after.switchTo }, slot);
        this.#release(slot);
        this.#advance();
      },
    });
    this.#stream = stream;
    stream.resume();
  }

  /** A writer was filled. In its own read that goes out with the read's end; else at the end of the turn. */
  #collected(writer: Writer): void {
    if (writer !== this.loop.lateWriter || !this.#outbox.take(writer)) return;
    if (!this.#dirty) {
      this.#dirty = true;
      this.loop.markDirty(this);
    }
  }

  #flushOutbox(): void {
    if (this.#outbox.isEmpty || this.gate & Gate.CLOSED) return;
    this.#outbox.flush(this.wire);
    this.#written();
  }

  /** What its own read produced so far goes out. */
  flushRead(): void {
    const { writer } = this.loop;
    if (this.gate & Gate.CLOSED) writer.clear();
    else if (flushWriter(writer, this.wire)) this.#written();
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

  /** It ends, but messages in flight are still answered, and may send: the peer, or the server, has ended it, not they. */
  #answers(): boolean {
    if (this.gate & (Gate.CLOSED | Gate.LAST) || this.inFlight === 0) return false;
    return this.#reason?.code !== 'handler';
  }

  /** What to tell a sender. */
  protected sent(): Sent {
    if (this.loop.reading === this) {
      if (this.loop.writer.size > FLUSH_BYTES) this.flushRead();
    } else if (this.#outbox.waitingBytes > FLUSH_BYTES) {
      this.#flushOutbox();
    }
    if (this.gate & (Gate.CLOSED | Gate.LAST)) return Sent.CLOSED;
    if (!(this.gate & Gate.BLOCKED)) return Sent.OK;
    this.awaitDrain();
    return Sent.WAIT;
  }

  #drained(): void {
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.runDrain();
  }

  // ---- going on, and the end ----------------------------------------------------------------------------------------

  /** A gate may have opened: decode what was kept, then read on. */
  #goOn(): void {
    if (this.gate & Gate.HELD && this.slots.head === undefined) this.#unhold();
    if (this.loop.reading === this) return; // its read goes on by itself
    if (this.gate === 0) this.#decodeKept();
    if (this.gate & Gate.ENDING) this.#endIfDone();
    this.#resume();
    if (this.onQuiet !== undefined && !this.isBusy) this.onQuiet();
  }

  #resume(): void {
    if (!this.#paused || this.#ended || !this.#reads()) return;
    this.#paused = false;
    this.wire.resume();
  }

  #endIfDone(): void {
    if ((this.gate & OVER) !== Gate.ENDING || this.#finished) return;
    if (this.slots.head !== undefined || this.loop.reading === this) return;
    this.#flushOutbox();
    if (this.gate & Gate.CLOSED) return;
    this.#finished = true;
    this.loop.wheel.restart(this);
    this.wire.end();
    this.#resume(); // to see the peer's end
  }

  #abortReason(): Error {
    return new Error(`the connection ended: ${this.#reason?.code ?? 'client'}`, {
      cause: this.#reason?.error,
    });
  }
}

/** What a switch names of a handler. */
export function hooksOf(handler: MessageHandler, name: string): Hooks | undefined {
  const hooks = (handler as unknown as Record<string, Hooks | undefined>)[name];
  return typeof hooks?.message === 'function' ? hooks : undefined;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Promise<unknown>).then === 'function'
  );
}
