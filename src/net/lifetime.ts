/**
 * How long a connection lasts: the deadline of the message under way, the heartbeat of its protocol, the goodbye, and the
 * end. What it does meanwhile is its subclass's.
 */
import type { ProtocolError } from '../errors.ts';
import type { CloseCode, CloseReason } from '../handler.ts';
import type { Decoder } from '../protocols/protocol.ts';
import { Gate, OVER } from './gate.ts';
import type { Loop } from './loop.ts';
import { Pulse } from './pulse.ts';
import { Replies } from './replies.ts';
import { SlotState } from './slot.ts';
import type { WheelEntry } from './wheel.ts';

/**
 * The server stops, and looks this often at connections between two messages. One that was found idle by so many looks on
 * end has had 100 ms for a message that was on its way (nginx has keepalive_min_timeout for it): between two looks of a
 * loop there is always a read, however busy it is.
 */
export const IDLE_LOOK_MS = 50;
export const IDLE_LOOKS = 3;

/** The peer has not closed as the protocol has it (RFC 6455, 7.1.5). */
const NO_FAREWELL = { status: 1006, text: '' };

export abstract class Lifetime extends Replies implements WheelEntry {
  bucket = -1;
  index = -1;

  protected decoder: Decoder<unknown>;
  /** Where the protocol has a heartbeat. */
  protected pulse: Pulse | undefined;
  /** Goes out behind the reply to the message that is running. */
  protected goodbye: Uint8Array | undefined = undefined;
  /** What the decoder said last; and the tick at which the message that it is about began. */
  protected deadlineMs: number | undefined = undefined;
  protected since = 0;
  /** When our goodbye went out. */
  #leftAt = 0;
  /** We have ended. */
  #finished = false;
  /** How often on end it was found idle while the server stops. */
  #idleLooks = 0;

  constructor(loop: Loop) {
    super(loop);
    this.decoder = this.codec.decoder(loop.limits.messageLimitBytes);
    this.pulse = this.newPulse();
  }

  /** The peer broke the protocol: replies due go out, then the protocol's last bytes, then the end. */
  protected abstract refuse(error: ProtocolError): void;
  /** What was kept of a message is not wanted any more. */
  protected abstract dropKept(): void;
  /** Tells the wire to read, if it was paused and there is no reason any more. */
  protected abstract readOn(): void;

  // ---- the loop's side ----------------------------------------------------------------------------------------------

  timeoutTicks(): number {
    const ticks = this.#finished ? this.loop.lingerTicks : this.loop.idleTicks;
    let due = Infinity;
    if (this.deadlineMs && this.gate === 0) due = this.#deadline();
    if (this.leaving !== undefined) due = Math.min(due, this.#leftAt + this.loop.lingerTicks);
    else if (this.pulse !== undefined) due = Math.min(due, this.pulse.dueAt);
    if (due === Infinity) return ticks;
    const left = due - this.stamp || -1;
    return ticks === 0 ? left : Math.min(ticks, left);
  }

  onDue(): void {
    if (this.#isOverdue()) this.refuse(this.decoder.expire!());
    else if (this.leaving !== undefined && !this.#finished) this.#awaitGoodbye();
    else if (this.#finished || this.gate & Gate.BLOCKED) this.abort('idle');
    else if (this.#beat()) return;
    else if (this.inFlight > 0 || this.gate & Gate.OPENING) this.stamp = this.loop.wheel.tick; // the handler is at it
    else this.depart('idle');
  }

  /** Nothing more is decoded; replies due go out; then the end. */
  override finish(code: CloseCode, error?: unknown): void {
    if (this.gate & OVER) return;
    this.endReason = this.because(code, error);
    this.gate |= Gate.ENDING;
    this.dropKept();
    this.decoder.ended?.();
    this.endIfDone();
  }

  /** The server stops: what was received is answered, then the end. */
  drain(): void {
    this.drainStream();
    if (this.gate === 0) this.departWhenDue();
  }

  /** The last reply tells the peer that nothing follows. */
  get announcesEnd(): boolean {
    return this.codec.encodeLast !== undefined;
  }

  /** Something has come of a message. */
  get isAmidMessage(): boolean {
    return this.stillComing || this.moreCame;
  }

  /** The server stops, and looks at its connections every IDLE_LOOK_MS. */
  endIfIdle(): void {
    const isIdle = this.gate === 0 && this.slots.head === undefined && !this.isAmidMessage;
    this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
    if (this.#idleLooks === IDLE_LOOKS) this.depart('stop');
  }

  /** Ends at once. */
  override abort(code: CloseCode, error?: unknown): void {
    if (this.gate & Gate.CLOSED) return;
    this.endReason ??= this.because(code, error);
    this.gate |= Gate.ENDING | Gate.LAST;
    if (this.untilClose) this.wire.reset();
    else this.wire.destroy();
  }

  // ---- the goodbye, and the end -------------------------------------------------------------------------------------

  /**
   * Ends in an orderly way, by a goodbye: replies due go out, then these bytes; the peer's answer to them is awaited
   * where there are timers, and nothing else of what it sends is looked at.
   */
  protected leave(code: CloseCode, goodbye: Uint8Array): void {
    if (this.gate & OVER || this.leaving !== undefined) return;
    this.leaving = { code };
    if (this.inside) this.goodbye = goodbye;
    else this.sayGoodbye(goodbye);
  }

  /** Ends in an orderly way, with a goodbye where the protocol has one. */
  protected depart(code: CloseCode, status?: number, text?: string): void {
    const goodbye = this.codec.encodeClose?.(code, status, text);
    if (goodbye === undefined) this.finish(code);
    else this.leave(code, goodbye);
  }

  /**
   * The server stops, and every whole message received has started. Where the last reply tells the peer, it is the one to
   * the newest message; a message of which something has come is waited for. Who is idle, or gets a stream whose first
   * bytes said nothing of an end, has its time (`endIfIdle`).
   */
  protected departWhenDue(): void {
    if (this.stillComing) return;
    if (this.announcesEnd) {
      this.#idleLooks = 0;
      const { tail } = this.slots;
      if (this.moreCame || tail === undefined || tail.state === SlotState.STREAMING) return;
    }
    this.depart('stop');
  }

  protected sayGoodbye(goodbye: Uint8Array): void {
    this.goodbye = undefined;
    if (this.gate & OVER) return;
    this.answer(goodbye);
    this.#leftAt = this.loop.wheel.tick;
    if (this.loop.timed) this.loop.wheel.restart(this);
    else this.finish(this.leaving!.code);
  }

  /** The peer has its time, counted from when our goodbye left. */
  #awaitGoodbye(): void {
    const { tick } = this.loop.wheel;
    if (this.slots.head !== undefined) this.#leftAt = tick;
    else if (this.#leftAt + this.loop.lingerTicks <= tick) this.abort('idle');
  }

  /** Why it ends: what was said first, and what the peer said. */
  protected because(code: CloseCode, error: unknown): CloseReason {
    const why = this.leaving ?? (error === undefined ? { code } : { code, error });
    if (this.codec.encodeClose === undefined) return why;
    return { ...why, ...(this.decoder.farewell ?? NO_FAREWELL) };
  }

  protected newPulse(): Pulse | undefined {
    const { heartbeat } = this.codec;
    if (heartbeat === undefined || !this.loop.timed) return undefined;
    return new Pulse(heartbeat, this.loop.wheel);
  }

  /** Asks whether the peer lives, or gives it up. False: neither was due. */
  #beat(): boolean {
    const pulse = this.pulse;
    const { tick } = this.loop.wheel;
    if (pulse === undefined || this.gate & OVER || pulse.dueAt > tick) return false;
    if (this.gate !== 0) {
      pulse.heardAt = tick; // it is we who do not listen
    } else if (pulse.isProbed) {
      this.abort('idle', new Error(`No answer to a ping for ${pulse.heartbeat.timeoutMs} ms.`));
    } else {
      pulse.beatAt = tick;
      this.push(pulse.heartbeat.bytes);
    }
    return true;
  }

  protected override endIfDone(): void {
    if ((this.gate & OVER) !== Gate.ENDING || this.#finished) return;
    if (this.slots.head !== undefined || this.loop.reading === this) return;
    this.flushOutbox();
    if (this.gate & Gate.CLOSED) return;
    this.#finished = true;
    this.loop.wheel.restart(this);
    this.wire.end();
    this.readOn(); // to see the peer's end
  }

  // ---- the message under way ----------------------------------------------------------------------------------------

  /** A message is under way that has a deadline, or none is any more. */
  protected watch(decoder: Decoder<unknown>, found: boolean): void {
    const { wheel } = this.loop;
    if (found || !this.deadlineMs) this.since = wheel.tick;
    this.deadlineMs = decoder.deadlineMs;
    if (this.deadlineMs) wheel.restart(this);
  }

  #isOverdue(): boolean {
    if (!this.deadlineMs || this.gate !== 0) return false;
    return this.#deadline() <= this.loop.wheel.tick;
  }

  /** Its tick: one more than the time has, since it began within a tick. A deadline is met late rather than early. */
  #deadline(): number {
    return this.since + this.loop.wheel.ticks(this.deadlineMs!) + 1;
  }
}
