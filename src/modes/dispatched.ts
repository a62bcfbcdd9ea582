/**
 * The main loop reads and writes; messages execute on N threads. A tick's messages travel as one batch.
 *
 * A framed protocol's message is shipped as the bytes that came: the reader only finds its end, the executor decodes,
 * executes and encodes, and the finished bytes go into the message's slot.
 */
import type { CloseReason } from '../handler.ts';
import { Conversation, Gate } from '../net/conversation.ts';
import type { Loop } from '../net/loop.ts';
import { SlotState, type Ending, type Slot } from '../net/slot.ts';
import type { Decoder } from '../protocols/protocol.ts';
import { Kind } from './dispatched/batch.ts';
import type { Executor, Executors } from './dispatched/executors.ts';
import { RemoteStream } from './dispatched/remote-stream.ts';
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
  capabilities: ['pushes', 'idle-timeout', 'unix', 'workers'],

  async start({ plan, load, makeLoop, fail }) {
    const loaded = await load();
    const { Executors } = await import('./dispatched/executors.ts'); // Piscina, for this mode alone
    const executors = new Executors(plan, fail);
    await executors.start();
    try {
      const loop = await makeLoop(loaded, {
        conversation: (of, id) => new DispatchedConversation(of, id, executors),
      });
      const listener = await listenTo(plan, await canReusePort(), sinkOf(loop));
      return {
        address: listener.address,
        // The reader's row has the connections, the executors' rows the messages.
        stats: async () => [
          {
            id: 0,
            pid: process.pid,
            threadId: undefined,
            restarts: 0,
            alive: true,
            ...loop.stats(),
            messages: 0,
          },
          ...executors.stats(),
        ],
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

export class DispatchedConversation extends Conversation {
  #executors: Executors;
  /** Where all its messages go, unless the handler is stateless. */
  #home: Executor | undefined = undefined;
  #seenBy = new Set<Executor>();
  #onOpened: { resolve(): void; reject(error: Error): void } | undefined = undefined;
  #stream: RemoteStream | undefined = undefined;
  /** Pushed bytes to confirm when the peer has read. */
  #unconfirmed = 0;

  constructor(loop: Loop, id: number, executors: Executors) {
    super(loop, id);
    this.#executors = executors;
  }

  // ---- from the connection to the executor ----------------------------------------------------------------------------

  protected override runOpen(): unknown {
    if (this.loop.handler.stateless === true) return undefined;
    if (this.hooks.open === undefined) return undefined; // a home is chosen with the first message
    this.#see(this.#homeExecutor());
    return new Promise<void>((resolve, reject) => {
      this.#onOpened = { resolve, reject };
    });
  }

  protected override run(decoder: Decoder<unknown>, buffer: Buffer): void {
    const executor =
      this.loop.handler.stateless === true ? this.#executors.choose() : this.#homeExecutor();
    this.#see(executor);
    const { protocol } = this;
    const { framed } = protocol;
    const packed = framed ? undefined : protocol.pack!(decoder.take());
    const slot = this.reserve(undefined);
    const work = {
      conversation: this,
      answer: (kind: Kind, bytes: Buffer, start: number, end: number, extra: unknown) =>
        this.#answer(executor, slot, kind, bytes, start, end, extra),
    };
    if (framed) executor.ship(work, buffer, decoder.start, decoder.end);
    else executor.shipPacked(work, packed);
    if (!executor.isFull) return;
    this.gate |= Gate.STARVED;
    executor.starved.push(this);
  }

  protected override runDrain(): void {
    this.#confirm();
  }

  protected override runClose(reason: CloseReason): void {
    // An error is told by its message: not every one survives the way.
    const { code, error } = reason;
    const plain = { code, error: error instanceof Error ? error.message : error };
    for (const executor of this.#seenBy) executor.forget(this, plain);
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
        this.#unconfirmed += end - start;
        if (!this.isBlocked) this.#confirm();
        else this.awaitDrain();
        break;
      case Kind.CHUNK:
        this.#stream?.push(bytes.subarray(start, end));
        break;
      case Kind.CHUNK_END:
        this.#stream?.end(extra as string | null);
        this.#stream = undefined;
        break;
      case Kind.OPENED:
        this.#onOpened?.resolve();
        break;
      case Kind.OPEN_FAILED:
        this.loop.counters.errors += 1;
        this.abort('error', extra);
        break;
      case Kind.CLOSE:
        this.close();
        break;
      case Kind.ENDS:
        this.abort((extra as Ending).code, (extra as Ending).error);
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
    const stateful = this.loop.handler.stateless !== true;
    if (stateful || cut || this.#stream?.executor === executor) this.abort('executor');
  }

  #answer(
    executor: Executor,
    slot: Slot,
    kind: Kind,
    bytes: Buffer,
    start: number,
    end: number,
    extra: unknown,
  ): void {
    if (kind === Kind.NOTHING) {
      this.settle(slot, SlotState.DONE, undefined);
    } else if (kind === Kind.ENDS) {
      this.loop.counters.errors += 1;
      this.settle(slot, SlotState.ENDS, extra);
    } else {
      if (kind === Kind.REPLY_AFTER) {
        const { close, switchTo, stream } = extra as {
          close?: boolean;
          switchTo?: string;
          stream: boolean;
        };
        if (stream) this.#stream = new RemoteStream(executor, this.id);
        slot.after = { close, switchTo, stream: this.#stream };
      }
      this.settle(slot, SlotState.BYTES, bytes.subarray(start, end));
    }
  }

  #homeExecutor(): Executor {
    this.#home ??= this.#executors.choose();
    return this.#home;
  }

  #see(executor: Executor): void {
    if (this.#seenBy.has(executor)) return;
    this.#seenBy.add(executor);
    executor.see(this);
  }

  #confirm(): void {
    if (this.#unconfirmed === 0) return;
    this.#home?.tell(Kind.ACK, this.id, this.#unconfirmed);
    this.#unconfirmed = 0;
  }
}
