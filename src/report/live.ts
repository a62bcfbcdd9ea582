/**
 * A load while it runs: on a terminal a view that is drawn again and again, elsewhere a line every few seconds. Drawing is
 * pure; `LiveView` remembers, and writes.
 */
import type { Progress } from '../load/run.ts';
import type { SecondFigures } from '../load/result.ts';
import { formatCount, formatSeconds, formatUs, sparkline } from './format.ts';
import { LOOPS, type LoopName } from './loops.ts';

/** Between lines, where there is no terminal. */
const LINE_EVERY_MS = 5000;
/** Where the terminal does not say, or says 0: a pseudo-terminal that nobody gave a size. */
const COLUMNS = 80;
const SPARK_LABEL = '  rate  ';

/** What is drawn. */
export interface LiveState {
  readonly progress: Progress;
  readonly seconds: readonly SecondFigures[];
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function drawLive({ progress, seconds }: LiveState, columns: number): string[] {
  const { elapsedMs, loop, phase } = progress;
  const head = `${phase} ${formatSeconds(elapsedMs)}${leftOf(progress, seconds)}`;
  const last = seconds.at(-1);
  if (last === undefined) return [head];
  const rates = seconds.map(rateOf).slice(-Math.max(1, columns - SPARK_LABEL.length));
  return [head, `  ${describe(last, seconds, loop)}`, `${SPARK_LABEL}${sparkline(rates)}`].map(
    (line) => line.slice(0, columns),
  );
}

/** By the clock, or by the count and the rate so far. */
function leftOf(
  { count, elapsedMs, phase, totalMs }: Progress,
  seconds: readonly SecondFigures[],
): string {
  const timeLeft = totalMs - elapsedMs;
  const say = (ms: number): string =>
    Number.isFinite(ms) ? `, ${formatSeconds(Math.max(0, ms))} left` : '';
  if (count === undefined || phase !== 'measuring') return say(timeLeft);
  const done = seconds.reduce((sum, { answered, failed }) => sum + answered + failed, 0);
  const passedMs = seconds.at(-1)?.toMs ?? 0;
  const countLeft = done === 0 ? Infinity : ((count - done) / done) * passedMs;
  return `, ${formatCount(done)} of ${formatCount(count)}${say(Math.min(timeLeft, countLeft))}`;
}

export function drawLine({ progress, seconds }: LiveState): string {
  const last = seconds.at(-1);
  const head = `${progress.phase} ${formatSeconds(progress.elapsedMs)}`;
  return last === undefined ? head : `${head}: ${describe(last, seconds, progress.loop)}`;
}

function describe(last: SecondFigures, seconds: readonly SecondFigures[], loop: LoopName): string {
  const failed = seconds.reduce((sum, second) => sum + second.failed, 0);
  return [
    `${formatCount(rateOf(last))}/s`,
    ...(last.answered === 0 ? [`nothing ${LOOPS[loop].answered}`] : []),
    // Events need not say when they left.
    ...(last.maxUs === 0
      ? []
      : [`p50 ${formatUs(last.p50Us)}, p99 ${formatUs(last.p99Us)}, max ${formatUs(last.maxUs)}`]),
    `${formatCount(failed)} ${LOOPS[loop].failed}`,
  ].join(', ');
}

function rateOf({ answered, fromMs, toMs }: SecondFigures): number {
  return toMs > fromMs ? (answered * 1000) / (toMs - fromMs) : 0;
}

export class LiveView {
  readonly #output: Output;
  readonly #seconds: SecondFigures[] = [];
  /** Lines on the screen that are ours. */
  #drawn = 0;
  #nextLineMs = LINE_EVERY_MS;
  #phase = '';

  constructor(output: Output) {
    this.#output = output;
  }

  show(progress: Progress): void {
    if (progress.second !== undefined) this.#take(progress.second);
    const state = { progress, seconds: this.#seconds };
    if (this.#output.isTTY === true) {
      this.clear();
      const lines = drawLive(state, this.#output.columns || COLUMNS);
      this.#output.write(`${lines.join('\n')}\n`);
      this.#drawn = lines.length;
    } else if (this.#isDue(progress)) {
      this.#output.write(`${drawLine(state)}\n`);
    }
  }

  /** Takes the view off the screen: what is written next stands in its place. */
  clear(): void {
    if (this.#drawn > 0) this.#output.write(`\u001B[${this.#drawn}A\u001B[0J`);
    this.#drawn = 0;
  }

  /** Before another load. */
  reset(): void {
    this.clear();
    this.#seconds.length = 0;
  }

  #take(second: SecondFigures): void {
    if (this.#seconds.at(-1)?.fromMs === second.fromMs) this.#seconds.pop();
    this.#seconds.push(second);
  }

  #isDue({ elapsedMs, phase }: Progress): boolean {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#nextLineMs = LINE_EVERY_MS;
    }
    if (elapsedMs < this.#nextLineMs) return false;
    this.#nextLineMs = elapsedMs + LINE_EVERY_MS;
    return true;
  }
}
