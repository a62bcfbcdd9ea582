/**
 * How far a bench is: on a terminal a bar with the time left, drawn again and again; elsewhere a line for each run.
 * Drawing is pure; `Progress` remembers, and writes.
 */

const BAR_CHARS = 24;
const DRAW_EVERY_MS = 250;

export interface ProgressState {
  readonly suite: string;
  readonly done: number;
  readonly total: number;
  /** What runs now. */
  readonly arm: string;
  /** Undefined before the first run has ended. */
  readonly leftMs: number | undefined;
}

export function drawProgress(
  { arm, done, leftMs, suite, total }: ProgressState,
  columns: number,
): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * BAR_CHARS);
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_CHARS - full)}`;
  const left = leftMs === undefined ? '' : `, ${formatLeft(leftMs)} left`;
  return `${bar} ${done}/${total}${left}  ${suite}: ${arm}`.slice(0, Math.max(1, columns - 1));
}

/** '45 s', '3 min', '1 h 20 min' */
export function formatLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** From the runs of this sitting: what is left takes as long, and the run under way what is left of one. */
export function leftOf(
  state: { readonly done: number; readonly total: number; readonly made: number },
  madeMs: number,
  runningMs: number,
): number | undefined {
  if (state.made === 0) return undefined;
  const eachMs = madeMs / state.made;
  return Math.max(0, (state.total - state.done) * eachMs - Math.min(runningMs, eachMs));
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class Progress {
  readonly #output: Output;
  #suite = '';
  #arm = '';
  #total = 0;
  #done = 0;
  /** Runs of this sitting, and how long they took. */
  #made = 0;
  #madeMs = 0;
  #runFrom = 0;
  #drawn = false;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(suite: string, total: number, done: number): void {
    this.#suite = suite;
    this.#total = total;
    this.#done = done;
    this.#runFrom = performance.now();
    if (this.#output.isTTY === true) this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS);
  }

  run(arm: string): void {
    this.#arm = arm;
    this.#draw();
  }

  done(arm: string, says: string, again: boolean): void {
    const now = performance.now();
    this.#made += 1;
    this.#madeMs += now - this.#runFrom;
    this.#runFrom = now;
    if (!again) this.#done += 1;
    this.#line(`${this.#done}/${this.#total} ${arm}: ${says}${again ? ': made again' : ''}`);
  }

  lost(arm: string, reason: string, runs: number): void {
    this.#total -= runs;
    this.#total = Math.max(this.#total, this.#done);
    this.say(`${arm} is left out: ${reason}`);
  }

  /** A line that stays, on a terminal too. */
  say(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #line(text: string): void {
    if (this.#output.isTTY === true) this.#draw();
    else {
      const left = this.#leftMs();
      this.#output.write(`${text}${left === undefined ? '' : `, ${formatLeft(left)} left`}\n`);
    }
  }

  #leftMs(): number | undefined {
    const state = { done: this.#done, total: this.#total, made: this.#made };
    return leftOf(state, this.#madeMs, performance.now() - this.#runFrom);
  }

  #draw(): void {
    if (this.#output.isTTY !== true) return;
    this.#clear();
    const state = {
      suite: this.#suite,
      arm: this.#arm,
      done: this.#done,
      total: this.#total,
      leftMs: this.#leftMs(),
    };
    this.#output.write(drawProgress(state, this.#output.columns || 80));
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.#output.write('\r\u001B[K');
    this.#drawn = false;
  }
}
