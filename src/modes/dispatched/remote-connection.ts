/** A connection as its handler sees it on an executor: it stands for the real one on the reading loop. */
import { PushError, ProtocolError, TopicError } from '../../errors.ts';
import {
  checkSubscriptions,
  checkTopic,
  readSlow,
  Sent,
  type CloseReason,
  type Connection,
  type SubscribeOptions,
} from '../../handler.ts';
import { attempt } from '../../attempt.ts';
import { hooksOf, noReply, type Hooks } from '../../net/conversation.ts';
import { STREAM_SENT } from '../../net/replies.ts';
import { StreamPump } from '../../net/stream-pump.ts';
import { Step, type After, type Decoder, type Protocol } from '../../protocols/protocol.ts';
import { Kind } from './batch.ts';
import type { Executor } from './executor.ts';

/** Pushed and streamed bytes under way past which a sender is told to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

export class RemoteConnection implements Connection {
  readonly id: number;
  readonly remoteAddress: string;
  state: unknown = undefined;
  request: unknown = undefined;
  #executor: Executor;
  #hooks: Hooks;
  #protocol: Protocol;
  #decoder: Decoder<unknown>;
  #inside = false;
  #inFlight = 0;
  #over = false;
  #opened = false;
  /** Pushed and streamed bytes that the reader has not confirmed. */
  #unconfirmed = 0;
  #wantsDrain = false;
  /** What it has subscribed to, here or on another executor. */
  #topics = new Set<string>();
  /** By the number of the message that they reply to. */
  #streams = new Map<number, StreamPump>();
  /** The one whose reply is the oldest due: the others wait. */
  #pulled: StreamPump | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #reason: CloseReason | undefined = undefined;

  constructor(executor: Executor, id: number, remoteAddress: string) {
    this.#executor = executor;
    this.id = id;
    this.remoteAddress = remoteAddress;
    this.#hooks = executor.handler;
    this.#protocol = executor.protocol;
    this.#decoder = this.#protocol.server.decoder(executor.plan.limits.messageLimitBytes);
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined)
        this.#abort.abort(new Error(`the connection ended: ${this.#reason.code}`));
    }
    return this.#abort.signal;
  }

  send(message: unknown): Sent {
    if (this.#over) return Sent.CLOSED;
    if (!this.#inside && this.#inFlight === 0 && this.#executor.handler.pushes !== true) {
      throw new PushError(
        'The handler sent outside of its own message: declare `pushes: true` on it (mode blocking cannot run such a handler).',
      );
    }
    const { writer } = this.#executor;
    const after = this.#protocol.server.encode(message, writer, undefined);
    this.#executor.schedule();
    if (after?.stream !== undefined) {
      writer.clear();
      const error = new TypeError(STREAM_SENT);
      this.#executor.failed(error, this);
      this.#end({ code: 'error', error: String(error), reply: undefined });
      return Sent.CLOSED;
    }
    if (after?.close === true) {
      this.#over = true;
      this.#write(Kind.PUSH_LAST, 0);
      return Sent.CLOSED;
    }
    this.#unconfirmed += this.#write(Kind.PUSH, 0);
    if (this.#unconfirmed > this.#executor.plan.limits.sendLimitBytes) {
      this.#end({ code: 'send-limit', error: undefined, reply: undefined });
      return Sent.CLOSED;
    }
    if (this.#unconfirmed <= HIGH_WATER_BYTES) return Sent.OK;
    this.#wantsDrain = true;
    return Sent.WAIT;
  }

  close(status?: number, text?: string): void {
    if (this.#over) return;
    const { out } = this.#executor;
    const goodbye = this.#protocol.server.encodeClose?.('handler', status, text);
    this.#over = true;
    if (goodbye === undefined) out.add(Kind.CLOSE, this.id, 0);
    else out.addBytes(Kind.CLOSE, this.id, 0, goodbye, 0, goodbye.length);
    this.#executor.schedule();
  }

  subscribe(topic: string, options?: SubscribeOptions): void {
    const { handler, out, plan } = this.#executor;
    checkTopic(handler, topic);
    const slow = readSlow(options);
    if (this.#reason !== undefined) return;
    if (!this.#topics.has(topic)) checkSubscriptions(this.#topics, plan.limits.subscriptions);
    this.#topics.add(topic);
    out.addExtra(Kind.SUBSCRIBE, this.id, 0, [topic, slow]);
    this.#executor.schedule();
  }

  unsubscribe(topic: string): void {
    checkTopic(this.#executor.handler, topic);
    this.#topics.delete(topic);
    this.#executor.out.addExtra(Kind.UNSUBSCRIBE, this.id, 0, topic);
    this.#executor.schedule();
  }

  publish(topic: string, message: unknown): void {
    this.#executor.publish(topic, message, this.id);
  }

  subscribedElsewhere(topic: string): void {
    this.#topics.add(topic);
  }

  unsubscribedElsewhere(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Another executor's subscription was the last that it may have. */
  refused([topic, why]: [string, string]): void {
    this.#topics.delete(topic);
    this.#executor.failed(new TopicError(why), this);
  }

  open(): void {
    const { out } = this.#executor;
    this.#opened = false;
    if (this.#hooks.open === undefined) {
      this.#opened = true;
      return;
    }
    const failed = (error: unknown) => {
      this.#executor.failed(error, this);
      out.addExtra(Kind.OPEN_FAILED, this.id, 0, String(error));
      this.#executor.schedule();
    };
    const opened = (state: unknown) => {
      this.state = state;
      this.#opened = true;
      if (this.#reason !== undefined) return this.#close();
      out.add(Kind.OPENED, this.id, 0);
      this.#executor.schedule();
    };
    this.#inFlight += 1; // pushes are allowed until it has settled
    this.#call(
      () => this.#hooks.open!(this),
      opened,
      failed,
      () => {},
    );
  }

  message(number: number, bytes: Buffer, start: number, end: number): void {
    if (this.#over) return this.#executor.out.add(Kind.NOTHING, this.id, number);
    const decoder = this.#decoder;
    decoder.feed(bytes, start, end, start);
    let step = nextStep(decoder);
    if (step === Step.MORE) step = decoder.finish(); // a last message that ended with the stream
    let input: unknown;
    try {
      if (step !== Step.MESSAGE)
        throw decoder.failure ?? new Error(`protocol ${this.#protocol.name} is not framed`);
      input = decoder.take();
      nextStep(decoder); // MORE: as every feed ends
    } catch (error) {
      this.#refused(number, error);
      return;
    }
    this.#run(number, input);
  }

  packed(number: number, packed: unknown): void {
    if (this.#over) return this.#executor.out.add(Kind.NOTHING, this.id, number);
    this.#run(number, this.#protocol.unpack!(packed));
  }

  acknowledged(bytes: number): void {
    this.#unconfirmed -= bytes;
    if (this.#unconfirmed > HIGH_WATER_BYTES / 2) return;
    this.#pulled?.resume();
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    attempt(
      () => this.#hooks.drain?.(this),
      (error) => this.#executor.failed(error, this),
    );
  }

  pullStream(number: number): void {
    this.#pulled = this.#streams.get(number);
    this.#pulled?.resume();
  }

  drainStream(number: number): void {
    this.#streams.get(number)?.drain();
  }

  cancelStream(number: number): void {
    this.#streams.get(number)?.cancel();
    this.#streams.delete(number);
  }

  closed(reason: CloseReason): void {
    this.#over = true;
    this.#reason = reason;
    for (const number of this.#streams.keys()) this.cancelStream(number);
    this.#abort?.abort(new Error(`the connection ended: ${reason.code}`));
    if (this.#opened) this.#close();
  }

  #close(): void {
    attempt(
      () => this.#hooks.close?.(this, this.#reason!),
      (error) => this.#executor.failed(error, this),
    );
  }

  #run(number: number, input: unknown): void {
    this.#inFlight += 1;
    this.#call(
      () => this.#hooks.message(input, this),
      (reply) => this.#reply(number, reply, input),
      (error) => this.#failed(number, error, input),
      () => this.#executor.schedule(),
    );
  }

  /** Calls the handler; then exactly one of the others, and `late` behind it where that was not at once. */
  #call(
    fn: () => unknown,
    ok: (value: unknown) => void,
    failed: (error: unknown) => void,
    late: () => void,
  ): void {
    let result: unknown;
    this.#inside = true;
    try {
      result = fn();
    } catch (error) {
      this.#inside = false;
      this.#inFlight -= 1;
      failed(error);
      return;
    }
    this.#inside = false;
    if (
      typeof result !== 'object' ||
      result === null ||
      typeof (result as Promise<unknown>).then !== 'function'
    ) {
      this.#inFlight -= 1;
      ok(result);
      return;
    }
    (result as Promise<unknown>).then(
      (value) => {
        this.#inFlight -= 1;
        ok(value);
        late();
      },
      (error: unknown) => {
        this.#inFlight -= 1;
        failed(error);
        late();
      },
    );
  }

  #reply(number: number, reply: unknown, input: unknown): void {
    const { out, writer } = this.#executor;
    if (reply === undefined) {
      if (this.#protocol.server.repliesToAll === true && !this.#over) {
        this.#failed(number, noReply(this.#protocol), input);
        return;
      }
      out.add(Kind.NOTHING, this.id, number);
      return;
    }
    let after: After | undefined;
    try {
      after = this.#protocol.server.encode(reply, writer, input);
    } catch (error) {
      writer.clear();
      this.#failed(number, error, input);
      return;
    }
    this.#finish(number, after);
  }

  #failed(number: number, error: unknown, input: unknown): void {
    const { writer } = this.#executor;
    if (this.#reason !== undefined) return; // nobody waits for it
    this.#executor.failed(error, this);
    const { server } = this.#protocol;
    if (server.encodeError === undefined) {
      this.#over = true;
      this.#executor.out.addExtra(Kind.ENDS, this.id, number, {
        code: 'error',
        error: String(error),
        reply: server.encodeClose?.('error'),
      });
      return;
    }
    this.#finish(number, server.encodeError(error, writer, input));
  }

  #refused(number: number, error: unknown): void {
    this.#over = true;
    const reply = error instanceof ProtocolError ? error.reply : undefined;
    const code = error instanceof ProtocolError ? 'protocol' : 'error';
    this.#executor.out.addExtra(Kind.ENDS, this.id, number, { code, error: String(error), reply });
  }

  #finish(number: number, after: After | undefined): void {
    if (after === undefined) {
      this.#write(Kind.REPLY, number);
      return;
    }
    this.#write(Kind.REPLY_AFTER, number);
    this.#executor.out.extra({
      close: after.close,
      switchTo: after.switchTo,
      handover: after.handover,
      stream: after.stream !== undefined,
      untilClose: after.stream?.untilClose === true,
    });
    if (after.close === true) this.#over = true;
    if (after.stream !== undefined) this.#openStream(number, after.stream);
  }

  /** The reader has switched: what comes from now on is of that protocol. */
  switch(name: string, handover: unknown): void {
    const next = this.#protocol.switches![name];
    this.#protocol = next.protocol;
    this.#decoder = next.protocol.server.decoder(this.#executor.plan.limits.messageLimitBytes);
    if (handover !== null && handover !== undefined) {
      this.request = next.revive?.(handover) ?? handover;
    }
    if (next.hooks === undefined) return;
    this.#hooks = hooksOf(this.#executor.handler, next.hooks, this.request)!;
    this.open();
  }

  #openStream(number: number, source: AsyncIterable<Uint8Array | string>): void {
    const { out, writer } = this.#executor;
    const stream = new StreamPump(source, {
      write: (chunk) => {
        if (typeof chunk === 'string') writer.text(chunk);
        else writer.raw(chunk);
        this.#unconfirmed += this.#write(Kind.CHUNK, number);
        this.#executor.schedule();
        return this.#unconfirmed <= HIGH_WATER_BYTES;
      },
      done: (error, failed) => {
        this.#streams.delete(number);
        if (failed) this.#executor.failed(error, this);
        out.addExtra(Kind.CHUNK_END, this.id, number, failed ? String(error) : null);
        this.#executor.schedule();
      },
      failedLate: (error) => this.#executor.failed(error, this),
    });
    this.#streams.set(number, stream);
  }

  /** Moves what the writer holds into the batch. Returns how many bytes that were. */
  #write(kind: Kind, number: number): number {
    const { out, writer } = this.#executor;
    let bytes: number;
    if (writer.string !== '')
      bytes = out.addText(
        kind,
        this.id,
        number,
        writer.string,
        writer.latin1Only ? 'latin1' : 'utf8',
      );
    else if (writer.single !== undefined)
      bytes = out.addBytes(kind, this.id, number, writer.single, 0, writer.single.length);
    else bytes = out.addBytes(kind, this.id, number, writer.buffer, 0, writer.length);
    writer.clear();
    return bytes;
  }

  #end(ending: { code: string; error: unknown; reply: unknown }): void {
    this.#over = true;
    this.#executor.out.addExtra(Kind.ENDS, this.id, 0, ending);
    this.#executor.schedule();
  }
}

/** What the protocol says beside messages is the reader's business. */
function nextStep(decoder: Decoder<unknown>): Step {
  let step: Step;
  do step = decoder.next();
  while (step === Step.HOLD || step === Step.ANSWER || step === Step.URGENT);
  return step;
}
