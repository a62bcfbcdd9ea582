/** What a load thread has cost: CPU time and garbage collection, between `begin()` and `end()`. */
import { readFileSync, readlinkSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';

interface WithThreadCpu {
  threadCpuUsage?: () => { readonly user: number; readonly system: number };
}

/** CPU time of the calling thread in milliseconds; NaN where the platform does not say. */
export function threadCpuMs(): number {
  const own = (process as WithThreadCpu).threadCpuUsage; // Node 23.9, 22.19
  if (own !== undefined) {
    const { user, system } = own.call(process);
    return (user + system) / 1000;
  }
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** How long the calling thread was ready to run and had no core; 0 where the platform does not say. */
export function threadWaitedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** The kernel's number of the calling thread; 0 where there is no /proc. */
export function threadId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}

export interface UsageFigures {
  readonly cpuMs: number;
  /** Ready to run, and waiting for a core. */
  readonly waitedMs: number;
  readonly gcMs: number;
  readonly gcLongestMs: number;
  readonly gcCount: number;
}

export class ThreadUsage {
  began = false;
  #cpuFrom = 0;
  cpuMs = 0;
  #waitedFrom = 0;
  #waitedMs = 0;
  #gcMs = 0;
  #gcLongestMs = 0;
  #gcCount = 0;
  #observer: PerformanceObserver | undefined = undefined;

  begin(): void {
    this.began = true;
    this.#observer = new PerformanceObserver((list) => this.#note(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#waitedFrom = threadWaitedMs();
    this.#cpuFrom = threadCpuMs();
  }

  end(): void {
    this.cpuMs = threadCpuMs() - this.#cpuFrom;
    this.#waitedMs = threadWaitedMs() - this.#waitedFrom;
    this.#note(this.#observer?.takeRecords() ?? []);
    this.#observer?.disconnect();
  }

  figures(): UsageFigures {
    return {
      cpuMs: this.cpuMs,
      waitedMs: this.#waitedMs,
      gcMs: this.#gcMs,
      gcLongestMs: this.#gcLongestMs,
      gcCount: this.#gcCount,
    };
  }

  #note(entries: ReadonlyArray<{ readonly duration: number }>): void {
    for (const { duration } of entries) {
      this.#gcCount += 1;
      this.#gcMs += duration;
      this.#gcLongestMs = Math.max(this.#gcLongestMs, duration);
    }
  }
}
