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

/** The kernel's number of the calling thread; 0 where there is no /proc. */
export function threadId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}

export class ThreadUsage {
  began = false;
  #cpuFrom = 0;
  cpuMs = 0;
  #gcMs = 0;
  #gcLongestMs = 0;
  #gcCount = 0;
  #observer: PerformanceObserver | undefined = undefined;

  begin(): void {
    this.began = true;
    this.#observer = new PerformanceObserver((list) => this.#note(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#cpuFrom = threadCpuMs();
  }

  end(): void {
    this.cpuMs = threadCpuMs() - this.#cpuFrom;
    this.#note(this.#observer?.takeRecords() ?? []);
    this.#observer?.disconnect();
  }

  figures(): { cpuMs: number; gcMs: number; gcLongestMs: number; gcCount: number } {
    const { cpuMs } = this;
    return { cpuMs, gcMs: this.#gcMs, gcLongestMs: this.#gcLongestMs, gcCount: this.#gcCount };
  }

  #note(entries: ReadonlyArray<{ readonly duration: number }>): void {
    for (const { duration } of entries) {
      this.#gcCount += 1;
      this.#gcMs += duration;
      this.#gcLongestMs = Math.max(this.#gcLongestMs, duration);
    }
  }
}
