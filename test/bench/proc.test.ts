import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import {
  hasProc,
  parseMachineStat,
  parseProcessStat,
  parseResidentBytes,
  parseSwitches,
  readTree,
  treeOf,
} from '../../bench/measure/proc.ts';

t.test('a line of /proc/PID/stat, whatever the name', async (t) => {
  const rest = 'S 7 42 42 0 -1 4194560 1 2 0 0 150 25 30 5 20 0 11 0 900 1000000 2500 184 1 1';
  for (const name of ['node', 'a b', 'x) S 1 2', '((']) {
    t.same(parseProcessStat(`42 (${name}) ${rest}`), {
      pid: 42,
      parent: 7,
      userMs: 1800,
      systemMs: 300,
    });
  }
});

t.test('the first line of /proc/stat', async (t) => {
  const text = 'cpu  100 1 50 9000 300 2 3 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n';
  t.same(parseMachineStat(text), { busyMs: 1600, stealMs: 40 });
});

t.test('context switches and memory, from status', async (t) => {
  const status =
    'Name:\tnode\nVmRSS:\t   12345 kB\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n';
  t.equal(parseSwitches(status), 15);
  t.equal(parseResidentBytes(status), 12345 * 1024);
  t.equal(parseSwitches(''), 0);
  t.equal(parseResidentBytes(''), 0);
});

t.test('a tree is a process and all below it', async (t) => {
  const stat = (pid: number, parent: number) => ({ pid, parent, userMs: 0, systemMs: 0 });
  const all = [stat(1, 0), stat(5, 1), stat(9, 7), stat(7, 5), stat(6, 1), stat(8, 5)];
  const pids = (root: number): number[] => treeOf(root, all).map(({ pid }) => pid);
  t.same(pids(5), [5, 7, 8, 9]);
  t.same(pids(6), [6]);
  t.same(pids(4), []);
});

t.test(
  'the CPU time of a child and its child',
  { skip: !hasProc && 'there is no /proc' },
  async (t) => {
    const busy =
      'const used = () => { const { user, system } = process.cpuUsage(); return user + system; }; const end = used() + 300_000; while (used() < end);';
    const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(
      `${busy} console.log('done'); setInterval(() => {}, 1e6)`,
    )}], { stdio: ['ignore', 'inherit', 'ignore'] });
    process.on('SIGTERM', () => { child.kill('SIGKILL'); process.exit(); });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const { userMs, systemMs, processes, residentBytes, switches } = readTree(child.pid!);
    child.kill('SIGTERM');
    await once(child, 'close');
    t.equal(processes, 2);
    t.ok(userMs + systemMs >= 100, `${userMs + systemMs} ms`);
    t.ok(residentBytes > 2 ** 20, `${residentBytes} bytes`);
    t.ok(switches > 0);
  },
);
