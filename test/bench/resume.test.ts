/** Ctrl-C and SIGKILL, what is left behind, and what goes on from there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hasProc } from '../../bench/measure/proc.ts';
import { folderOf, start } from '../cli/cli.ts';
import { allGone } from '../modes/support/alive.ts';
import { until } from '../modes/support/wait.ts';
import { measure, resultOf, tiny } from './support.ts';

t.test('Ctrl-C keeps what was measured, leaves no process, and --resume goes on', async (t) => {
  const folder = join(folderOf(t), 'run');
  const args = ['--modes=single,sharded:process', '--workers=1', '--blocks=2', `--out=${folder}`];
  const cli = start(t, ['bench', '--quick', ...tiny, ...args]);
  // With the first run kept and the second one under way.
  await cli.says('err', /^1\/4 /m);
  const below = hasProc ? await childrenOf(cli.child.pid!) : [];
  cli.kill('SIGINT');
  const ended = await cli.ended;
  t.equal(ended.code, 1);
  t.match(ended.err, /^patterns: Ended early: go on with patterns bench --resume .*run\.$/m);
  t.match(ended.out, /^Ended early; what was measured: /m);
  await allGone(below);
  t.equal(resultOf(folder).complete, false);
  const kept = keptIn(folder);
  t.ok(kept.length >= 1 && kept.length < 4, kept.join());
  const before = kept.map((name) => readFileSync(join(folder, 'trials', name), 'utf8'));

  const resumed = await measure(t, ['bench', '--anyway', `--resume=${folder}`]);
  t.equal(resumed.code, 0, resumed.err);
  const result = resultOf(folder);
  t.equal(result.complete, true);
  t.equal(result.blocks.order.length, 2);
  for (const [arm, runs] of Object.entries(result.blocks.runs)) t.equal(runs.length, 2, arm);
  t.same(
    kept.map((name) => readFileSync(join(folder, 'trials', name), 'utf8')),
    before,
    'as they were',
  );
  t.equal(keptIn(folder).length, 4);
});

function keptIn(folder: string): string[] {
  return readdirSync(join(folder, 'trials')).filter((name) => !name.startsWith('again-'));
}

t.test(
  'SIGKILL leaves no process either, whatever it had started',
  { skip: !hasProc && 'processes are looked for in /proc' },
  async (t) => {
    const folder = join(folderOf(t), 'run');
    const args = ['--modes=shared', '--workers=2', '--duration=60s', `--out=${folder}`];
    const cli = start(t, ['bench', '--quick', '--anyway', '--connections=4', ...args]);
    // The server, its two workers, the client, and the one that is to end them.
    const below = await until(() => {
      const found = processesBelow(cli.child.pid!);
      return found.length >= 5 && found.every(isUp) && found;
    }, 'a run is under way');
    cli.kill('SIGKILL');
    await cli.ended;
    await allGone(below);
    t.notOk(existsSync(join(folder, 'result.json')), 'it had no last word');
  },
);

t.test(
  'a program of any kind ends with the bench that is killed, and what it had started too',
  { skip: !hasProc && 'processes are looked for in /proc' },
  async (t) => {
    const children = new URL('../../bench/measure/children.ts', import.meta.url).href;
    // A shell that starts another, and a program that knows nothing of us.
    const script = `
      import { startChild } from ${JSON.stringify(children)};
      startChild('sh', ['-c', 'sleep 600 & sleep 600'], { stdio: 'ignore' });
      startChild('sleep', ['600'], { stdio: 'ignore' });
      startChild('no-such-program', [], { stdio: 'ignore' }).on('error', () => {});
      console.log('started');
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => parent.kill('SIGKILL'));
    await once(parent.stdout, 'data');
    // The two, what the shell started, and the one that is to end them.
    const below = await until(() => {
      const found = processesBelow(parent.pid!);
      return found.length >= 5 && found;
    }, 'they have started');
    parent.kill('SIGKILL');
    await allGone(below);
    t.pass('they are gone');
  },
);

/** All processes below it, once there are some. */
async function childrenOf(root: number): Promise<number[]> {
  for (;;) {
    const found = processesBelow(root);
    if (found.length > 0) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** It runs its own code, with threads: who started it has long gone on. */
function isUp(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

function processesBelow(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid): [string, number] => [pid, parentOf(pid)]);
  const found = [root];
  for (const parent of found) {
    found.push(...parents.filter(([, of]) => of === parent).map(([pid]) => Number(pid)));
  }
  return found.slice(1);
}

function parentOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
