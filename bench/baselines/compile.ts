/** The baselines in C, built where there is a compiler, into a folder that goes with this process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;
const built = new Map<string, string>();

/** Why nothing can be built here; undefined where it can. */
export function compilerMissing(): string | undefined {
  if (process.platform !== 'linux') return 'The C baselines use epoll, which is Linux’s.';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'There is no C compiler (cc) here.';
  }
}

/** `name.c` → the path of its program. @throws with the compiler's own words. */
export function compile(name: string): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'patterns-bench-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const program = join(folder, name);
  const source = join(import.meta.dirname, `${name}.c`);
  execFileSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 'ignore', 'pipe'] });
  built.set(name, program);
  return program;
}
