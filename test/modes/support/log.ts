/** What handlers note down, wherever they run: one file, a line for each event. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { until } from './wait.ts';

export class Log {
  readonly path: string;

  constructor(t: Test) {
    const folder = mkdtempSync(join(tmpdir(), 'patterns-test-'));
    this.path = join(folder, 'log');
    writeFileSync(this.path, '');
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  }

  get lines(): string[] {
    return readFileSync(this.path, 'utf8').split('\n').slice(0, -1);
  }

  count(line: string): number {
    return this.lines.filter((one) => one === line).length;
  }

  /** Forgets what was noted so far. */
  clear(): void {
    writeFileSync(this.path, '');
  }

  /** Resolves when `line` is there, so many times. */
  async has(line: string, times = 1): Promise<void> {
    await until(
      () => this.count(line) >= times,
      `"${line}" is noted; there is ${this.lines.slice(-20).join(', ')}`,
    );
  }
}
