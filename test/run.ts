/**
 * Runs test files with tap, each in a plain Node, and prints one line for a file that passes and the whole of what
 * failed: `node test/run.ts [file or folder...]`, default all.
 *
 * `tap run` preloads loaders and exit hooks into every process and thread that a test starts, which cannot be switched
 * off: a worker thread then takes 170 to 220 ms to start instead of 12, a child process 60 instead of 22, and signals
 * have listeners that are not ours. So this spawns the files itself; `env -u` drops what tap's spawn adds.
 */
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import t from 'tap';

/** More than the cores of a small machine: a third of most files' time is waiting. */
const JOBS = 3;
/** A net for a file that hangs: the slowest takes 30 s on a quiet machine of two cores. */
const TIMEOUT_SECONDS = 300;
const NODE_ARGS = ['--conditions=patterns-source', '--disable-warning=ExperimentalWarning'];

const asked = process.argv.slice(2);
const patterns = (asked.length > 0 ? asked : ['src', 'test']).map((path) =>
  path.endsWith('.ts') ? path : `${path}/**/*.test.ts`,
);
const files = globSync(patterns).toSorted();
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
  TAP_TIMEOUT: String(TIMEOUT_SECONDS),
  // Most of what a child process costs is stripping and compiling our sources: 300 ms of CPU without it, 80 with.
  NODE_COMPILE_CACHE: join(tmpdir(), 'patterns-compile-cache'),
};

t.register();
t.jobs = JOBS;
t.setTimeout(0); // the whole may take long: each file has its own limit
if (files.length === 0) t.fail(`no test files match ${patterns.join(' ')}`);
for (const name of files) {
  void t.spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...NODE_ARGS, name], {
    name,
    env,
    at: null,
    stack: '',
    buffered: true,
    timeout: TIMEOUT_SECONDS * 1000,
  });
}
t.end();

let block: string[] = [];
let failing = false;
for await (const line of createInterface({ input: Readable.from(t) })) {
  if (line.startsWith('# Subtest: ')) {
    block = [];
    failing = false;
  } else if (line === '' || line.startsWith(' ')) {
    if (failing) console.log(line);
    else keep(line);
  } else {
    failing = line.startsWith('not ok');
    if (failing) for (const kept of block) console.log(kept);
    console.log(line);
  }
}

/** Adds a line to the block of the file it belongs to; a passing subtest takes its lines away again, and no other's. */
function keep(line: string): void {
  const passed = /^( +)ok \d+ - (.*?)(?: # (?:time|SKIP|TODO).*)?$/.exec(line);
  if (passed === null) {
    block.push(line);
    return;
  }
  const start = block.lastIndexOf(`${passed[1]}# Subtest: ${passed[2]}`);
  if (start === -1 || block.slice(start).some((kept) => /^ *not ok /.test(kept))) return;
  block.length = start;
}
