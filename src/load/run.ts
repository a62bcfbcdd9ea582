/**
 * One load, from its plan to its result:
 *
 *     threads start ─▶ connect ─▶ warm-up ─▶ measure ─▶ drain ─▶ result
 *
 * The threads load; this thread only waits, joins what they count, and looks at the machine.
 */
import { asSentence, OptionError, PatternsError } from '../errors.ts';
import { assemble } from './assemble.ts';
import { sharedNowMs } from './clock.ts';
import { makeDriver } from './drivers/index.ts';
import { readEnvironment } from './machine.ts';
import type { ThreadReport } from './messages.ts';
import { Observer } from './observer.ts';
import { readWork } from './payload.ts';
import { readPlan, type LoadPlan, type LoopName, type Plan } from './plan.ts';
import type { Environment, LoadResult, SecondFigures } from './result.ts';
import { showAddress } from './target.ts';
import { IntervalJoin, Tally, type JoinedInterval } from './tally.ts';
import { LoadThread } from './threads.ts';
import { restoreCollector, restoreYoungSize, tuneCollector } from './thread-options.ts';
import { WarmUp } from './warm-up.ts';

/** From the word to begin until the threads begin: they all have heard it by then. */
const LEAD_MS = 20;
const CLOSE_GRACE_MS = 2000;
/** How long a load that only its count ends goes on without an answer; longer where a request has longer. */
const PATIENCE_MS = 10_000;

export type Phase = 'connecting' | 'warming up' | 'measuring' | 'draining';

/** How far a load is. */
export interface Progress {
  readonly loop: LoopName;
  readonly phase: Phase;
  /** Since the phase began; it lasts `totalMs`, which is Infinity where that is not known, as where a count ends it. */
  readonly elapsedMs: number;
  readonly totalMs: number;
  /** Requests to measure, where a count ends it. */
  readonly count?: number;
  /** The interval that has just ended, while measuring; with the `fromMs` of the one before it takes its place. */
  readonly second?: SecondFigures;
}

export interface RunOptions {
  /** Ends the load early: what was measured is reported, with `interrupted: true`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Loads a server and measures it. One load has threads of its own, which end with it; loads MAY run one after another in
 * one process. Only on Linux are the server's CPU and that of the rest of the machine known.
 *
 * For a benchmark: run the server in another process, give `threads: 1` and, for whatever is raw bytes, nothing else; the
 * result has `ratePerSecond`, `service.p99Us`, `client.cpuPerRequestUs`, `server.cpuPerRequestUs` and `verdict.name`. Drop
 * a run whose verdict is NOISY_MACHINE, and compare CPU per request at equal rates.
 *
 * @example
 * const result = await runLoad({ target: 'tcp://127.0.0.1:7000', connections: 64, durationMs: 5000, warmupMs: 1000 });
 * const open = await runLoad({ target: 'line://127.0.0.1:7000', rateHz: 20_000, payloadBytes: 16, expect: 'echo' });
 * @throws OptionError for a plan that cannot be, a payload that cannot be sent, and a target where nothing answers;
 * PatternsError where every connection is accepted and reset.
 */
export async function runLoad(input: LoadPlan, options: RunOptions = {}): Promise<LoadResult> {
  const plan = await readPlan(input);
  // What is wrong with the payload shows here, and not in each thread.
  try {
    makeDriver(plan.protocol, plan.protocolOptions, await readWork(plan, 0), plan);
  } catch (error) {
    if (error instanceof TypeError)
      throw new OptionError(asSentence(error.message), { cause: error });
    throw error;
  }
  return new Run(plan, options).run();
}

class Run {
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #tally: Tally;
  readonly #warmUp: WarmUp;
  readonly #observer: Observer;
  readonly #measured: IntervalJoin;
  readonly #threads: LoadThread[];
  /** As it was when the measurement began. */
  #environment: Environment;
  #phase: Phase = 'connecting';
  #phaseFrom = sharedNowMs();
  #timer: NodeJS.Timeout | undefined = undefined;
  #interrupted = false;
  #gaveUp: string | undefined = undefined;
  /** Since the measurement began. */
  #answeredAtMs = 0;

  constructor(plan: Plan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#environment = readEnvironment(plan.seed);
    this.#tally = new Tally(plan.loop, plan.intervalMs);
    this.#warmUp = new WarmUp(plan.warmupMs);
    this.#observer = new Observer(plan.address);
    this.#measured = new IntervalJoin(plan.threads, (joined) => this.#onMeasured(joined));
    const warming = new IntervalJoin(plan.threads, (joined) => this.#onWarming(joined));
    tuneCollector();
    this.#threads = Array.from(
      { length: plan.threads },
      (_, thread) =>
        new LoadThread(plan, thread, {
          interval: (interval) =>
            (interval.warmup ? warming : this.#measured).add(thread, interval),
          gaveUp: (reason) => this.#giveUp(reason),
        }),
    );
  }

  async run(): Promise<LoadResult> {
    const stop = (): void => this.#stop();
    try {
      await Promise.all(this.#threads.map(({ ready }) => ready.promise));
      restoreYoungSize();
      await this.#connect();
      this.#observer.find();
      this.#start();
      this.#options.signal?.addEventListener('abort', stop);
      if (this.#options.signal?.aborted === true) stop();
      const reports = await this.#finish();
      return assemble({
        plan: this.#plan,
        tally: this.#tally,
        reports,
        ...this.#observer.figures(),
        warmup: this.#warmUp.summary(),
        interrupted: this.#interrupted,
        gaveUp: this.#gaveUp,
        environment: this.#environment,
      });
    } finally {
      clearTimeout(this.#timer);
      this.#options.signal?.removeEventListener('abort', stop);
      await Promise.all(this.#threads.map((thread) => thread.close(CLOSE_GRACE_MS)));
      restoreCollector();
    }
  }

  async #connect(): Promise<void> {
    this.#enter('connecting');
    this.#say({ type: 'connect' });
    const connected = await Promise.race([
      Promise.all(this.#threads.map(({ connected }) => connected.promise)),
      aborted(this.#options.signal),
    ]);
    if (connected === undefined) return; // ended early, and reported as that
    if (connected.some(({ opened }) => opened > 0)) return;
    const problem = connected.map(({ problem }) => problem).find((one) => one !== '');
    if (connected.some(({ reset }) => reset)) {
      throw new PatternsError(
        'PATTERNS_LOAD',
        `Something listens at ${showAddress(this.#plan.address)}, and resets every connection at once: ${problem}.`,
      );
    }
    throw new OptionError(
      `Nothing answers at ${showAddress(this.#plan.address)}: ${problem ?? 'no connection was made'}.`,
    );
  }

  #start(): void {
    const atMs = sharedNowMs() + LEAD_MS;
    const measureAtMs = this.#warmUp.begin(atMs);
    this.#enter('warming up');
    this.#say({ type: 'start', atMs, measureAtMs });
    if (measureAtMs !== Infinity) this.#measureAt(measureAtMs);
  }

  #measureAt(atMs: number): void {
    this.#timer = setTimeout(
      () => {
        this.#observer.begin();
        this.#environment = readEnvironment(this.#plan.seed);
        this.#enter('measuring');
      },
      Math.max(0, atMs - sharedNowMs()),
    );
  }

  #onWarming(joined: JoinedInterval): void {
    this.#progress();
    if (!this.#warmUp.add(joined)) return;
    const atMs = sharedNowMs() + LEAD_MS;
    this.#say({ type: 'measure', atMs });
    this.#measureAt(atMs);
  }

  #onMeasured(joined: JoinedInterval): void {
    const second = this.#tally.add(joined);
    this.#progress(second);
    this.#giveUpIfStuck(second);
  }

  /** A count that nothing answers any more would never be reached. */
  #giveUpIfStuck({ answered, toMs }: SecondFigures): void {
    const { count, durationMs, timeoutMs } = this.#plan;
    if (answered > 0) this.#answeredAtMs = toMs;
    const patienceMs = Math.max(PATIENCE_MS, 2 * timeoutMs);
    if (count === undefined || durationMs !== Infinity || this.#gaveUp !== undefined) return;
    if (toMs - this.#answeredAtMs < patienceMs) return;
    this.#giveUp(
      `no answer for ${patienceMs / 1000} s: given up before the count of ${count} was reached`,
    );
  }

  /** Ends it early, by itself: what was measured is reported. */
  #giveUp(reason: string): void {
    this.#gaveUp ??= reason;
    this.#stop();
  }

  async #finish(): Promise<ThreadReport[]> {
    const reports = await Promise.all(
      this.#threads.map(async ({ done }) => {
        const report = await done.promise;
        this.#observer.end();
        return report;
      }),
    );
    this.#measured.flush();
    return reports;
  }

  #stop(): void {
    this.#interrupted = true;
    this.#observer.end();
    this.#say({ type: 'stop' });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseFrom = sharedNowMs();
    this.#progress();
  }

  #progress(second?: SecondFigures): void {
    const pastEndMs = sharedNowMs() - this.#phaseFrom - this.#plan.durationMs;
    if (this.#phase === 'measuring' && pastEndMs > 0) {
      this.#phase = 'draining';
      this.#phaseFrom += this.#plan.durationMs;
    }
    const { count, loop } = this.#plan;
    const totalMs = this.#totalMs;
    const elapsedMs = sharedNowMs() - this.#phaseFrom;
    this.#options.onProgress?.({
      loop,
      phase: this.#phase,
      elapsedMs,
      totalMs,
      ...(count === undefined ? {} : { count }),
      ...(second === undefined ? {} : { second }),
    });
  }

  /** Of the phase; Infinity where it is not known. */
  get #totalMs(): number {
    const { durationMs, warmupMs } = this.#plan;
    if (this.#phase === 'measuring') return durationMs;
    return this.#phase === 'warming up' && warmupMs !== 'auto' ? warmupMs : Infinity;
  }

  #say(message: Parameters<LoadThread['say']>[0]): void {
    for (const thread of this.#threads) thread.say(message);
  }
}

/** Resolves when it is; never where there is none. */
function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
