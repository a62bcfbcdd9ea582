/**
 * The main loop reads and writes; messages execute on N threads. A tick's messages travel as one batch.
 *
 * A framed protocol's message is shipped as the bytes that came: the reader only finds its end, the executor decodes,
 * executes and encodes, and the finished bytes go into the message's slot.
 */
import type { Slow } from '../handler.ts';
import { Conversation } from '../net/conversation.ts';
import { Gate } from '../net/gate.ts';
import type { Loop } from '../net/loop.ts';
import { SlotState, type Ending, type Slot } from '../net/slot.ts';
import type { Decoder } from '../protocols/protocol.ts';
import { Kind } from './dispatched/batch.ts';
import type { Executor, Executors, UnderWay } from './dispatched/executors.ts';
import { ReaderBus } from './dispatched/reader-bus.ts';
import { RemoteStream, SourceError } from './dispatched/remote-stream.ts';
import type { Mode } from './mode.ts';
import { canReusePort, listenTo, sinkOf } from './shared-parts.ts';

export const mode: Mode = {
  name: 'dispatched',
  summary:
    'CPU-heavy messages: one busy connection uses every core, and a slow message holds up only its executor.',
  listeners: '1',
  accepts: 'main',
  reads: 'main',
  executes: 'one of N threads, message by message',
  units: ['thread'],
  capabilities: ['pushes', 'idle-timeout', 'unix', 'workers', 'raw-protocol', 'pings'],

  async start({ plan, load, makeLoop, fail }) {
    const loaded = await load();
    const { Executors } = await import('./dispatched/executors.ts'); // Piscina, for this mode alone
    const executors = new Executors(plan, fail);
    await executors.start();
    try {
      const loop = await makeLoop(loaded, {
        conversation: (of, id) => new DispatchedConversation(of, id, executors),
        bus: new ReaderBus(executors.exchange),
      });
      executors.publishTo(loop.topics);
      const listener = await listenTo(plan, await canReusePort(), sinkOf(loop));
      return {
        address: listener.address,
        // The reader's row has the connections, the executors' rows the messages.
        stats: async () => [
          {
            id: 0,
            pid: process.pid,
            threadId: undefined,
            alive: true,
            ...loop.stats(),
            messages: 0,
          },
          ...executors.stats(),
        ],
        publish: (topic, message) => loop.topics.broadcast(topic, message),
        drain: async () => {
          listener.close();
          await loop.drain();
          await executors.stop();
        },
        force: () => {
          loop.destroy();
          void executors.destroy();
        },
      };
    } catch (error) {
      await executors.destroy();
      throw error;
    }
  },
};

/** Messages of a connection in flight before the first reply tells what they weigh. */
const FIRST_WINDOW = 16;
/** A reply eight behind counts for a third. */
const FORGETS = 7 / 8;

export class DispatchedConversation extends Conversation {
  #executors: Executors;
  /** Where all its messages go, unless the handler is stateless. */
  #home: Executor | undefined = undefined;
  #seenBy = new Set<Executor>();
  #onOpened: (() => void) | undefined = undefined;
  /** The protocols that it has switched to, for executors that see it later. */
  #switches: Array<readonly [name: string, handover: unknown]> = [];
  /** By the number of the message that they reply to. */
  #streams: Map<number, RemoteStream> | undefined = undefined;
  /** What its replies weigh, as far as is known: the largest of late, and a guess before the first. */
  #replyBytes: number;
  /** Messages that executors have. */
  #shipped = 0;
  /** Pushed bytes to confirm when the peer has read, by who pushed them. */
  #unconfirmed: Map<Executor, number> | undefined = undefined;

  constructor(loop: Loop, id: number, executors: Executors) {
    super(loop, id);
    this.#executors = executors;
    this.#replyBytes = loop.limits.sendLimitBytes / FIRST_WINDOW;
    this.#weigh(0);
  }

  // ---- from the connection to the executor ----------------------------------------------------------------------------

  protected override runOpen(): unknown {
    const { open, close } = this.hooks;
    if (open === undefined && close === undefined) return undefined; // the first message chooses a home
    this.#see(this.#homeExecutor());
    if (open === undefined) return undefined;
    return new Promise<void>((resolve) => {
      this.#onOpened = resolve;
    });
  }

  protected override run(decoder: Decoder<unknown>, buffer: Buffer): void {
    const executor = this.#isStateless ? this.#executors.choose() : this.#homeExecutor();
    this.#see(executor);
    const { protocol } = this;
    const { framed } = protocol;
    const packed = framed ? undefined : protocol.pack!(decoder.take());
    const slot = this.reserve(undefined);
    this.#shipped += 1;
    const work: UnderWay = {
      conversation: this,
      answer: (kind, number, bytes, start, end, extra) =>
        this.#answer(executor, slot, kind, number, bytes, start, end, extra),
    };
    if (framed) executor.ship(work, buffer, decoder.start, decoder.end);
    else executor.shipPacked(work, packed);
    if (!executor.isFull) return;
    this.gate |= Gate.STARVED;
    executor.starved.push(this);
  }

  /** Every executor that decodes for it is told; where the switch names hooks, that is its home alone. */
  protected override switched(name: string, handover: unknown): void {
    if (!this.#isStateless) this.#see(this.#homeExecutor());
    for (const executor of this.#isStateless ? this.#seenBy : [this.#homeExecutor()])
      executor.switch(this, name, handover);
    this.#switches.push([name, handover]);
  }

  protected override runDrain(): void {
    for (const [executor, bytes] of this.#unconfirmed ?? [])
      executor.tell(Kind.ACK, this.id, bytes);
    this.#unconfirmed = undefined;
  }

  /** The executors know whether its `open` has settled, and call `close`. */
  protected override runClose(): void {}

  override onClosed(failure: Error | undefined): void {
    super.onClosed(failure);
    // An error is told by its message: not every one survives the way.
    const { error, ...rest } = this.reason!;
    const plain = { ...rest, error: error instanceof Error ? error.message : error };
    for (const executor of this.#seenBy) executor.forget(this, plain, this.#shipped > 0);
  }

  // ---- from the executor to the connection ----------------------------------------------------------------------------

  /** Something that is no answer to a message. */
  told(
    executor: Executor,
    kind: Kind,
    number: number,
    bytes: Buffer,
    start: number,
    end: number,
    extra: unknown,
  ): void {
    switch (kind) {
      case Kind.PUSH:
        this.push(bytes.subarray(start, end));
        this.#confirm(executor, end - start);
        break;
      case Kind.PUSH_LAST:
        this.push(bytes.subarray(start, end));
        this.cut('handler');
        break;
      case Kind.CHUNK:
        this.#streams?.get(number)?.push(bytes.subarray(start, end));
        break;
      case Kind.CHUNK_END:
        this.#streams?.get(number)?.end(extra as string | null);
        this.#streams?.delete(number);
        break;
      case Kind.OPENED:
        this.#onOpened?.();
        break;
      case Kind.OPEN_FAILED:
        this.endUnopened(extra);
        break;
      case Kind.SUBSCRIBE:
        this.#subscribe(executor, extra as [string, Slow]);
        break;
      case Kind.UNSUBSCRIBE:
        this.unsubscribe(extra as string);
        this.#tellOthers(executor, Kind.UNSUBSCRIBE, extra);
        break;
      case Kind.CLOSE:
        if (end > start) this.leave('handler', Buffer.from(bytes.subarray(start, end)));
        else this.close();
        break;
      case Kind.ENDS:
        this.#ends(extra as Ending);
        break;
      default:
        throw new Error(`executor ${executor.id} said ${kind} of message ${number}`);
    }
  }

  /** Its executor has credit again. */
  fed(): void {
    this.open(Gate.STARVED);
  }

  executorDied(executor: Executor, cut: boolean): void {
    this.#seenBy.delete(executor);
    this.#unconfirmed?.delete(executor);
    const streams = [...(this.#streams?.values() ?? [])];
    if (executor === this.#home || cut || streams.some((stream) => stream.executor === executor))
      this.abort('executor');
  }

  #answer(
    executor: Executor,
    slot: Slot,
    kind: Kind,
    number: number,
    bytes: Buffer,
    start: number,
    end: number,
    extra: unknown,
  ): void {
    this.#shipped -= 1;
    if (kind === Kind.NOTHING) {
      this.settle(slot, SlotState.DONE, undefined);
    } else if (kind === Kind.ENDS) {
      if ((extra as Ending).code === 'protocol') this.loop.counters.errors += 1; // others the executor counts
      this.settle(slot, SlotState.ENDS, extra);
    } else {
      if (kind === Kind.REPLY_AFTER) {
        const { close, switchTo, handover, stream, untilClose } = extra as {
          close?: boolean;
          switchTo?: string;
          handover?: unknown;
          stream: boolean;
          untilClose: boolean;
        };
        const source = stream ? new RemoteStream(executor, this.id, number, untilClose) : undefined;
        if (source !== undefined) (this.#streams ??= new Map()).set(number, source);
        slot.after = { close, switchTo, handover, stream: source };
      }
      this.#weigh(end - start);
      this.settle(slot, SlotState.BYTES, bytes.subarray(start, end));
    }
  }

  /**
   * Replies come back whole, and wait here for a peer that does not read: as many messages are in flight as their
   * replies, of that size, fit into the limit.
   */
  #weigh(bytes: number): void {
    const { limits, inFlightLimit } = this.loop;
    this.#replyBytes = Math.max(bytes, this.#replyBytes * FORGETS);
    const fit = Math.floor(limits.sendLimitBytes / this.#replyBytes);
    this.window = Math.max(1, Math.min(inFlightLimit, fit));
  }

  /** Too many: its messages run on several executors, and two of them have subscribed at once. */
  #subscribe(executor: Executor, extra: [topic: string, slow: Slow]): void {
    const [topic, slow] = extra;
    try {
      this.subscribe(topic, { slow });
    } catch (error) {
      executor.tellTopic(Kind.REFUSED, this.id, [topic, (error as Error).message]);
      return;
    }
    this.#tellOthers(executor, Kind.SUBSCRIBE, extra);
  }

  /** Each of them knows of all its topics, before the next message. */
  #tellOthers(
    executor: Executor,
    kind: typeof Kind.SUBSCRIBE | typeof Kind.UNSUBSCRIBE,
    extra: unknown,
  ): void {
    for (const other of this.#seenBy) {
      if (other !== executor) other.tellTopic(kind, this.id, extra);
    }
  }

  /** Its messages may run anywhere. Where a switch named hooks, those keep state. */
  get #isStateless(): boolean {
    return this.loop.handler.stateless === true && this.hooks === this.loop.handler;
  }

  protected override handlerFailed(error: unknown): void {
    if (!(error instanceof SourceError)) super.handlerFailed(error);
  }

  #ends({ code, error }: Ending): void {
    if (code === 'send-limit') this.abort(code, error);
    else this.cut(code, error);
  }

  #homeExecutor(): Executor {
    this.#home ??= this.#executors.choose();
    return this.#home;
  }

  #see(executor: Executor): void {
    if (this.#seenBy.has(executor)) return;
    this.#seenBy.add(executor);
    executor.see(this);
    for (const topic of this.loop.topics.of(this)) {
      executor.tellTopic(Kind.SUBSCRIBE, this.id, [topic]);
    }
    for (const [name, handover] of this.#switches) executor.switch(this, name, handover);
  }

  #confirm(executor: Executor, bytes: number): void {
    if (!this.isBlocked) {
      executor.tell(Kind.ACK, this.id, bytes);
      return;
    }
    this.#unconfirmed ??= new Map();
    this.#unconfirmed.set(executor, (this.#unconfirmed.get(executor) ?? 0) + bytes);
    this.awaitDrain();
  }
}
