/** `patterns bench` as a process, for its tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { BenchResult } from '../../bench/result.ts';
import { start, type CliOptions, type Ended } from '../cli/cli.ts';

/** To its end, however long a busy machine takes: the file has its own limit. */
export function measure(t: Test, args: readonly string[], options?: CliOptions): Promise<Ended> {
  return start(t, args, options).ended;
}

export const tiny = ['--anyway', '--duration=300ms', '--warmup=100ms', '--connections=4'];
export const resultOf = (folder: string): BenchResult =>
  JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as BenchResult;
