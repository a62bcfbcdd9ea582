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
import { HandlerError, ProtocolError } from '../errors.ts';
import type { CloseReason, Connection, MessageHandler, SubscribeOptions } from '../handler.ts';
import { Step, type Decoder, type Protocol } from '../protocols/protocol.ts';
import { attempt, isPromise } from '../attempt.ts';
import { Gate, OVER } from './gate.ts';
import { Kept } from './kept.ts';
import type { Loop } from './loop.ts';
import { Lifetime } from './lifetime.ts';
import { FLUSH_BYTES } from './replies.ts';
import { SlotState } from './slot.ts';
import type { Subscriber } from './topics.ts';
import type { Wire, WireListener } from './wire.ts';

const EMPTY = Buffer.alloc(0);
const NOT_DECODING = -1;

/** What runs a protocol's messages: the handler, or the part of it that a switch names. */
export type Hooks = Pick<MessageHandler, 'message' | 'open' | 'drain' | 'close'>;

export class Conversation extends Lifetime implements Connection, WireListener, Subscriber {
  readonly id: number;
  state: unknown = undefined;
  /** What opened it, where a protocol gave way to another: a WebSocket's request. */
  request: unknown = undefined;

  protected hooks: Hooks;
  protected protocol: Protocol;
  #kept: Kept | undefined = undefined;
  /** The peer has ended. */
  #ended = false;
  #opened = false;
  /** The wire was told to stop reading. */
  #paused = false;
  /** The decoder has found a switch, and replies are due. */
  #switchDue: string | undefined = undefined;
  /** While bytes are being decoded: where they end. */
  #decodesTo = NOT_DECODING;
  /** The tick of the last WAIT. */
  #waitingFrom = 0;
  #abort: AbortController | undefined = undefined;

  constructor(loop: Loop, id: number) {
    super(loop);
    this.id = id;
    this.hooks = loop.handler;
    this.protocol = loop.protocol;
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

  close(status?: number, text?: string): void {
    this.depart('handler', status, text);
  }

  subscribe(topic: string, options?: SubscribeOptions): void {
    this.loop.topics.subscribe(this, topic, options);
  }

  unsubscribe(topic: string): void {
    this.loop.topics.unsubscribe(this, topic);
  }

  publish(topic: string, message: unknown): void {
    this.loop.topics.publish(topic, message, this);
  }

  /** Why it ends, or has ended. */
  get reason(): CloseReason | undefined {
    return this.endReason;
  }

  // ---- the wire's side ----------------------------------------------------------------------------------------------

  /** Takes the connection into service. */
  attach(wire: Wire): void {
    this.wire = wire;
    this.loop.add(this);
    this.#runOpen();
    if (this.gate & Gate.CLOSED) return;
    this.flushOutbox();
    this.endIfDone();
    this.#paused = true;
    this.readOn();
  }

  onBytes(buffer: Buffer, length: number): boolean {
    this.stamp = this.loop.wheel.tick;
    if (this.pulse !== undefined) this.pulse.heardAt = this.stamp;
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
    this.peerDrained();
  }

  onClosed(error: Error | undefined): void {
    if (this.gate & Gate.CLOSED) return;
    this.gate |= Gate.CLOSED;
    this.endReason ??= this.because(error === undefined ? 'client' : 'reset', error);
    this.loop.remove(this);
    this.#kept = undefined;
    this.dropReplies();
    this.#abort?.abort(this.#abortReason());
    this.decoder.ended?.();
    if (this.#opened) this.runClose(this.endReason);
  }

  // ---- the loop's side ----------------------------------------------------------------------------------------------

  get bytesWritten(): number {
    return this.wire.bytesWritten;
  }

  // ---- where messages run -------------------------------------------------------------------------------------------

  /** Calls `open`, and gives what it returns. */
  protected runOpen(): unknown {
    if (this.hooks.close !== undefined) void this.wire.remoteAddress; // kept for close()
    return this.hooks.open?.(this);
  }

  /** Runs the message that the decoder has just found in `buffer`. */
  protected run(decoder: Decoder<unknown>, _buffer: Buffer): void {
    const input = decoder.take();
    let result: unknown;
    this.inside = true;
    try {
      result = this.hooks.message(input, this);
    } catch (error) {
      this.inside = false;
      this.reply(SlotState.FAILED, error, input);
      return;
    }
    this.inside = false;
    if (isPromise(result)) {
      const slot = this.reserve(input);
      result.then(
        (value) => {
          if (value !== undefined || !this.#owesReply) this.settle(slot, SlotState.DONE, value);
          else this.settle(slot, SlotState.FAILED, noReply(this.protocol));
        },
        (error) => this.settle(slot, SlotState.FAILED, error),
      );
    } else if (result !== undefined) {
      this.reply(SlotState.DONE, result, input);
    } else if (this.#owesReply) {
      this.reply(SlotState.FAILED, noReply(this.protocol), input);
    }
  }

  /** A message has to be replied to, unless the handler has closed the connection instead. */
  get #owesReply(): boolean {
    return this.codec.repliesToAll === true && this.endReason?.code !== 'handler';
  }

  /** The protocol has given way to its `switches[name]`. */
  protected switched(_name: string, _handover: unknown): void {}

  protected runDrain(): void {
    attempt(() => this.hooks.drain?.(this), this.#hookFailed);
  }

  protected runClose(reason: CloseReason): void {
    attempt(() => this.hooks.close?.(this, reason), this.#hookFailed);
  }

  /** Opens gates: decodes what was kept, then reads on. */
  protected open(gates: number): void {
    this.gate &= ~gates;
    this.goOn();
  }

  // ---- bytes in -----------------------------------------------------------------------------------------------------

  #runOpen(): void {
    let state: unknown;
    this.#opened = false; // what it was before a switch has no close()
    this.inside = true;
    try {
      state = this.runOpen();
    } catch (error) {
      this.#openFailed(error);
      return;
    } finally {
      this.inside = false;
    }
    if (this.goodbye !== undefined) this.sayGoodbye(this.goodbye);
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
        if (this.gate & Gate.CLOSED) return this.runClose(this.endReason!);
        this.gate &= ~Gate.OPENING;
        this.goOn();
      },
      (error) => this.#openFailed(error),
    );
  }

  #openFailed(error: unknown): void {
    this.handlerFailed(error);
    this.endUnopened(error);
  }

  #reads(): boolean {
    if (this.gate === 0) return true;
    if (this.gate & OVER) return !(this.gate & Gate.CLOSED);
    // Behind other gates reading goes on until bytes come: only so does the peer's end show while a handler works.
    return !(this.gate & Gate.BLOCKED) && this.#kept === undefined;
  }

  protected override dropKept(): void {
    this.#kept = undefined;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#kept === undefined) this.#kept = new Kept(bytes, from, to, this.decoder.want);
    else this.#kept.append(bytes, from, to, this.decoder.want);
  }

  #decodeKept(): void {
    const kept = this.#kept;
    if (kept !== undefined) this.#decode(kept.buffer, kept.start, kept.end, kept.seen);
    else this.#caughtUp();
  }

  /** Runs every whole message in `[from, to)` until a gate closes, and keeps what is left. */
  #decode(buffer: Buffer, from: number, to: number, fresh: number): void {
    const { loop } = this;
    const decoder = this.decoder;
    const outer = loop.reading;
    if (outer !== undefined) outer.flushRead();
    loop.reading = this;
    this.flushOutbox();
    decoder.feed(buffer, from, to, fresh);
    this.#decodesTo = to;
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
      if (decoder !== this.decoder) break; // it switched: what is left belongs to the next one
    }
    this.#decodesTo = NOT_DECODING;
    this.#keepRest(buffer, decoder.pos, to, step === Step.MORE);
    if (decoder.deadlineMs !== this.deadlineMs || (found && decoder.deadlineMs)) {
      this.watch(decoder, found);
    }
    this.flushRead();
    loop.reading = outer;
    if (this.gate !== 0) this.endIfDone();
    else if (decoder !== this.decoder) this.#decodeKept();
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

  #message(decoder: Decoder<unknown>, buffer: Buffer): void {
    if (this.leaving !== undefined || this.announced) return;
    this.loop.counters.messages += 1;
    try {
      this.run(decoder, buffer);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.refuse(error);
    }
    if (this.goodbye !== undefined) this.sayGoodbye(this.goodbye);
  }

  /** True: nothing more is decoded for now. */
  #special(step: Step, decoder: Decoder<unknown>): boolean {
    if (step === Step.ANSWER) {
      if (this.leaving === undefined) this.answer(decoder.control!);
      return false;
    }
    if (step === Step.URGENT) {
      if (this.leaving !== undefined) return false;
      const writer = this.writer();
      writer.raw(decoder.control!);
      this.collected(writer);
      return false;
    }
    if (step === Step.PART) {
      if (decoder.unfinished !== true && this.inFlight >= this.window) {
        this.gate |= Gate.FULL;
      }
      return false;
    }
    if (step === Step.WAIT) this.#waitFor(decoder);
    else if (step === Step.END) this.finish('client');
    else if (step === Step.FAIL) this.refuse(decoder.failure!);
    else if (this.slots.head !== undefined) this.#hold(step, decoder);
    else if (step === Step.SWITCH) this.switchTo(decoder.target);
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
    if (!(this.gate & OVER)) this.switchTo(name);
  }

  #waitFor(decoder: Decoder<unknown>): void {
    this.gate |= Gate.WAITING;
    this.#waitingFrom = this.loop.wheel.tick;
    decoder.resume ??= () => {
      if (!(this.gate & Gate.WAITING)) return;
      this.since += this.loop.wheel.tick - this.#waitingFrom;
      this.open(Gate.WAITING);
      if (this.deadlineMs) this.loop.wheel.restart(this);
    };
  }

  /** The peer broke the protocol: replies due go out, then the protocol's last bytes, then the end. */
  protected override refuse(error: ProtocolError): void {
    this.loop.counters.errors += 1;
    if (error.reply !== undefined && this.leaving === undefined) this.answer(error.reply);
    this.finish('protocol', error);
  }

  /** Every whole message received has started. */
  #caughtUp(): void {
    if (this.stopping && this.#ended && !this.stillComing) this.depart('stop');
    else if (this.stopping) this.departWhenDue();
    if (!this.#ended || this.gate & OVER) return;
    const decoder = this.decoder;
    const kept = this.#kept;
    if (kept === undefined) decoder.feed(EMPTY, 0, 0, 0);
    else decoder.feed(kept.buffer, kept.start, kept.end, kept.end);
    const step = decoder.finish();
    if (step === Step.MESSAGE) this.#message(decoder, kept?.buffer ?? EMPTY);
    else if (step === Step.FAIL) this.refuse(decoder.failure!);
    this.finish('client');
  }

  protected switchTo(name: string, handover?: unknown): void {
    const next = this.protocol.switches?.[name];
    if (next === undefined) {
      this.broken(
        new TypeError(`Protocol ${this.protocol.name} has no switch "${name}".`),
        this.slots.head,
      );
      return;
    }
    if (handover !== undefined) this.request = next.revive?.(handover) ?? handover;
    const hooks =
      next.hooks === undefined ? this.hooks : hooksOf(this.loop.handler, next.hooks, this.request);
    if (hooks === undefined) {
      this.broken(
        new HandlerError(`The handler has no ${next.hooks}: { message() }, and ${name} needs it.`),
        this.slots.head,
      );
      return;
    }
    this.protocol = next.protocol;
    this.codec = next.protocol.server;
    this.decoder = this.codec.decoder(this.loop.limits.messageLimitBytes);
    if (this.#kept !== undefined) this.#kept.seen = this.#kept.start;
    this.gate &= ~Gate.HELD;
    this.hooks = hooks;
    this.switched(name, handover);
    this.pulse = this.newPulse();
    if (this.pulse !== undefined) this.loop.wheel.restart(this);
    if (next.hooks !== undefined) this.#runOpen();
  }

  protected handlerFailed(error: unknown): void {
    this.loop.handlerFailed(error, this);
  }

  get #hookFailed(): (error: unknown) => void {
    return (error) => this.handlerFailed(error);
  }

  protected get stillComing(): boolean {
    return this.decoder.unfinished === true;
  }

  protected get moreCame(): boolean {
    if (this.#decodesTo !== NOT_DECODING) return this.decoder.pos < this.#decodesTo;
    return this.#kept !== undefined;
  }

  // ---- going on, and the end ----------------------------------------------------------------------------------------

  /** A gate may have opened: decode what was kept, then read on. */
  protected goOn(): void {
    if (this.gate & Gate.HELD && this.slots.head === undefined) this.#unhold();
    if (this.loop.reading === this) return; // its read goes on by itself
    if (this.gate === 0) this.#decodeKept();
    if (this.gate & Gate.ENDING) this.endIfDone();
    this.readOn();
    if (this.onQuiet !== undefined && !this.isBusy) this.onQuiet();
  }

  protected override readOn(): void {
    if (!this.#paused || this.#ended || !this.#reads()) return;
    this.#paused = false;
    this.wire.resume();
  }

  #abortReason(): Error {
    return new Error(`the connection ended: ${this.endReason?.code ?? 'client'}`, {
      cause: this.endReason?.error,
    });
  }
}

/** What a switch names of a handler: hooks, or a function that gives those for what opened the connection. */
export function hooksOf(
  handler: MessageHandler,
  name: string,
  request: unknown,
): Hooks | undefined {
  const found = (handler as unknown as Record<string, unknown>)[name];
  const hooks = (typeof found === 'function' ? found(request) : found) as Hooks | undefined;
  return typeof hooks?.message === 'function' ? hooks : undefined;
}

/** What is wrong with a handler that returned undefined. */
export function noReply({ name }: Protocol): TypeError {
  return new TypeError(
    `message() returned undefined: ${name} has a reply to every message. Return one, or close() the connection.`,
  );
}
