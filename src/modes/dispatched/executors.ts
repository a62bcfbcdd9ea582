/**
 * The reading side's view of its executors: Piscina threads, each with one task for life that carries a port, a batch
 * that fills during a turn, and a credit window, since a port has no back-pressure.
 */
import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { workerDied, workerHandlerErrors, workerReady } from '../../channels.ts';
import { CrashLoopError, PatternsError } from '../../errors.ts';
import { NOTHING_COUNTED } from '../../net/loop.ts';
import type { Topics } from '../../net/topics.ts';
import { unpackMessage } from '../../workers/batch.ts';
import type { BusToMain } from '../../workers/bus.ts';
import { Exchange } from '../../workers/exchange.ts';
import { afterDeath, CLEAN, MOST_STARTS, type Record } from '../../workers/backoff.ts';
import type { PackedError } from '../../workers/messages.ts';
import type { Plan, WorkerStats } from '../../workers/plan.ts';
import { unpack } from '../../workers/supervisor.ts';
import { heapLimit, siblingUrl } from '../../workers/unit.ts';
import type { DispatchedConversation } from '../dispatched.ts';
import { BatchWriter, Kind, readBatch, type Answer, type Visit } from './batch.ts';
import type { ExecutorNote, ExecutorStart } from './executor.ts';

/** A message that an executor has. */
export interface UnderWay {
  readonly conversation: DispatchedConversation;
  readonly answer: Answer;
}

export class Executor {
  readonly id: number;
  alive = false;
  threadId: number | undefined = undefined;
  restarts = 0;
  messages = 0;
  errors = 0;
  /** Published messages that found too much under way. */
  dropped = 0;
  record: Record = CLEAN;
  readyAtMs: number | undefined = undefined;
  /** Those that it has seen. */
  readonly conversations = new Map<number, DispatchedConversation>();
  readonly underWay = new Map<number, UnderWay>();
  /** Of the loop that reads, once there is one. */
  topics: Topics | undefined = undefined;
  /** Published bytes to confirm. */
  #publishedBytes = 0;
  /** Those that wait for credit. */
  starved: DispatchedConversation[] = [];
  #out = new BatchWriter();
  #port: MessagePort | undefined = undefined;
  #scheduled = false;
  #numbers = 0;
  #credit: number;

  constructor(id: number, credit: number) {
    this.id = id;
    this.#credit = credit;
  }

  connect(port: MessagePort): void {
    this.#port = port;
    if (!this.#out.isEmpty) this.#schedule(); // what came while there was no thread
  }

  get isFull(): boolean {
    return this.underWay.size >= this.#credit;
  }

  /** Makes the executor know a connection. */
  see(conversation: DispatchedConversation): void {
    if (this.conversations.has(conversation.id)) return;
    this.conversations.set(conversation.id, conversation);
    this.#out.addExtra(Kind.OPEN, conversation.id, 0, conversation.remoteAddress);
    this.#schedule();
  }

  /** Ships a message as it came. */
  ship(work: UnderWay, bytes: Buffer, start: number, end: number): void {
    this.#out.addBytes(Kind.MESSAGE, work.conversation.id, this.#begin(work), bytes, start, end);
  }

  /** Ships a message that its protocol has packed. */
  shipPacked(work: UnderWay, packed: unknown): void {
    this.#out.addExtra(Kind.PACKED, work.conversation.id, this.#begin(work), packed);
  }

  switch(conversation: DispatchedConversation, to: string, handover: unknown): void {
    this.#out.addExtra(Kind.SWITCH, conversation.id, 0, [to, handover]);
    this.#schedule();
  }

  /** What became of a subscription, where that is news to it. */
  tellTopic(
    kind: typeof Kind.SUBSCRIBE | typeof Kind.UNSUBSCRIBE | typeof Kind.REFUSED,
    conversation: number,
    extra: unknown,
  ): void {
    this.#out.addExtra(kind, conversation, 0, extra);
    this.#schedule();
  }

  tell(
    kind: typeof Kind.ACK | typeof Kind.PULL | typeof Kind.CANCEL | typeof Kind.DRAIN,
    conversation: number,
    number: number,
  ): void {
    this.#out.add(kind, conversation, number);
    this.#schedule();
  }

  /** `busy`: it has messages under way. */
  forget(conversation: DispatchedConversation, reason: unknown, busy: boolean): void {
    if (!this.conversations.delete(conversation.id)) return;
    this.#out.addExtra(Kind.CLOSED, conversation.id, 0, reason);
    this.#schedule();
    if (!busy) return;
    // Answers that nobody waits for take no credit: a handler may never give them.
    for (const [number, work] of this.underWay)
      if (work.conversation === conversation) this.underWay.delete(number);
    this.#feed();
  }

  stop(): void {
    this.#send();
    this.#port?.postMessage('stop');
  }

  take(batch: Uint8Array): void {
    readBatch(batch, this.#visit);
    if (this.#publishedBytes > 0) this.tell(Kind.ACK, 0, this.#publishedBytes);
    this.#publishedBytes = 0;
    this.#feed();
  }

  /** Those that wait for credit go on when half of it is free. */
  #feed(): void {
    if (this.starved.length === 0 || this.underWay.size > this.#credit / 2) return;
    const { starved } = this;
    this.starved = [];
    for (const conversation of starved) conversation.fed();
  }

  /** Its thread is gone, with all that it had. */
  died(): void {
    this.alive = false;
    this.#port?.close();
    this.#port = undefined;
    this.#out = new BatchWriter();
    const { starved } = this;
    this.starved = [];
    const cut = new Set([...this.underWay.values()].map((work) => work.conversation));
    this.underWay.clear();
    const seen = [...this.conversations.values()];
    this.conversations.clear();
    for (const conversation of seen) conversation.executorDied(this, cut.has(conversation));
    for (const conversation of starved) conversation.fed();
  }

  #begin(work: UnderWay): number {
    this.messages += 1;
    this.#numbers = this.#numbers === 0x7fffffff ? 1 : this.#numbers + 1;
    this.underWay.set(this.#numbers, work);
    this.#schedule();
    return this.#numbers;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#send);
  }

  /** Messages for a thread that is being replaced wait in the batch. */
  #send = (): void => {
    this.#scheduled = false;
    if (this.#port === undefined || this.#out.isEmpty) return;
    const batch = this.#out.take();
    this.#port.postMessage(batch, [batch.buffer]);
  };

  #visit: Visit = (kind, id, number, bytes, start, end, extra) => {
    if (number !== 0 && kind !== Kind.CHUNK && kind !== Kind.CHUNK_END) {
      const work = this.underWay.get(number);
      if (work === undefined) return;
      this.underWay.delete(number);
      work.answer(kind, number, bytes, start, end, extra);
      return;
    }
    if (kind === Kind.PUBLISH) {
      this.#publishedBytes += end - start;
      const message = unpackMessage(bytes.subarray(start, end));
      this.topics?.publish(extra as string, message, this.conversations.get(id));
      return;
    }
    if (kind === Kind.DROPPED) {
      this.dropped += extra as number;
      return;
    }
    this.conversations.get(id)?.told(this, kind, number, bytes, start, end, extra);
  };
}

export class Executors {
  readonly list: Executor[];
  /** What they follow. */
  readonly exchange: Exchange;
  #plan: Plan;
  #pool: Piscina;
  #fail: (error: Error) => void;
  #stopping = false;
  #tasks = new Set<Promise<void>>();
  #timers = new Set<NodeJS.Timeout>();

  constructor(plan: Plan, fail: (error: Error) => void) {
    this.#plan = plan;
    this.#fail = fail;
    this.exchange = new Exchange(plan.limits.busLimitBytes);
    this.list = Array.from(
      { length: plan.workers },
      (_, i) => new Executor(i + 1, plan.limits.executorCredit),
    );
    this.#pool = new Piscina({
      filename: siblingUrl('./entry', import.meta.url, 'c').href,
      minThreads: plan.workers,
      maxThreads: plan.workers,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled', // the default freezes the thread's timers between tasks
      recordTiming: false,
      workerHistogram: false,
      resourceLimits: heapLimit(plan.limits),
    });
    this.#pool.on('error', () => {}); // a thread's death is told by its task
  }

  /** What they publish goes to that loop's connections. */
  publishTo(topics: Topics): void {
    for (const executor of this.list) executor.topics = topics;
  }

  /** @throws what a handler failed with at start */
  async start(): Promise<void> {
    try {
      await Promise.all(
        this.list.map(
          (executor) =>
            new Promise<void>((resolve, reject) => this.#run(executor, resolve, reject)),
        ),
      );
    } catch (error) {
      await this.destroy();
      throw error;
    }
  }

  /** The one that lives and has the least to do. */
  choose(): Executor {
    let best = this.list[0];
    for (const executor of this.list) {
      if (best.alive === executor.alive ? load(executor) < load(best) : executor.alive)
        best = executor;
    }
    return best;
  }

  stats(): WorkerStats[] {
    return this.list.map(({ id, threadId, restarts, alive, messages, errors, dropped }) => ({
      ...NOTHING_COUNTED,
      id,
      pid: process.pid,
      threadId,
      restarts,
      alive,
      messages,
      errors,
      dropped: dropped + this.exchange.dropped(id),
    }));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const executor of this.list) executor.stop();
    await Promise.allSettled(this.#tasks);
    await this.#pool.destroy();
  }

  async destroy(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#pool.destroy();
  }

  #run(executor: Executor, onReady: () => void, onFailed: (error: Error) => void): void {
    const { port1, port2 } = new MessageChannel();
    let ready = false;
    port1.on('message', (message: Uint8Array | ExecutorNote) => {
      if (message instanceof Uint8Array) {
        executor.take(message);
      } else if (message.type === 'ready') {
        ready = true;
        executor.alive = true;
        executor.threadId = message.threadId;
        executor.readyAtMs = performance.now();
        executor.record = { ...executor.record, failedStarts: 0 };
        workerReady.publish({ workerId: executor.id, pid: process.pid });
        onReady();
      } else {
        const { error, count } = message;
        executor.errors += count;
        workerHandlerErrors.publish({ workerId: executor.id, error, count });
      }
    });
    executor.connect(port1);
    const closed = once(port1, 'close');
    const busPort = this.#openBus(executor.id);
    const start: ExecutorStart = {
      plan: this.#plan,
      executorId: executor.id,
      port: port2,
      busPort,
    };
    const ended = (error: Error) => this.#ended(executor, ready, error, onReady, onFailed);
    const task: Promise<void> = this.#pool
      .run(start, { transferList: [port2, busPort] as never })
      .then(async (failure: PackedError | undefined) => {
        await closed; // its last notes come before that
        ended(failure === undefined ? new Error('its task ended') : unpack(failure));
      }, ended);
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  /** Gives the executor's end of it. */
  #openBus(id: number): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.exchange.add(id, (message) => port1.postMessage(message));
    port1.on('message', (message: BusToMain) => this.exchange.take(id, message));
    return port2;
  }

  #ended(
    executor: Executor,
    ready: boolean,
    error: NodeJS.ErrnoException,
    onReady: () => void,
    onFailed: (error: Error) => void,
  ): void {
    const servedMs = ready ? performance.now() - executor.readyAtMs! : undefined;
    this.exchange.remove(executor.id);
    executor.died();
    if (this.#stopping) return;
    if (executor.readyAtMs === undefined && error instanceof PatternsError) {
      onFailed(error); // its first start, and it says why
      return;
    }
    const { record, restartMs } = afterDeath(executor.record, servedMs);
    executor.record = record;
    const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out of memory' : error.message;
    workerDied.publish({ workerId: executor.id, pid: process.pid, reason, restartMs });
    if (restartMs === undefined) {
      const crash = new CrashLoopError(
        `Executor ${executor.id} died ${MOST_STARTS} times in a row before it could serve; the last time: ${reason}`,
      );
      if (executor.readyAtMs === undefined) onFailed(crash);
      else this.#fail(crash);
      return;
    }
    executor.restarts += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#run(executor, onReady, onFailed);
    }, restartMs);
    this.#timers.add(timer);
  }
}

function load(executor: Executor): number {
  return executor.underWay.size * 1000 + executor.conversations.size;
}
