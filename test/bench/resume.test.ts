/** Ctrl-C, what is left behind, and what goes on from there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hasProc } from '../../bench/measure/proc.ts';
import { folderOf, start } from '../cli/cli.ts';
import { measure, resultOf, tiny } from './support.ts';

t.setTimeout(120_000);

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
  for (const pid of below) t.notOk(existsSync(`/proc/${pid}`), `${pid} has ended`);
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

/** All processes below it, once there are some. */
async function childrenOf(root: number): Promise<string[]> {
  for (;;) {
    const found = processesBelow(root);
    if (found.length > 0) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function processesBelow(root: number): string[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid): [string, number] => [pid, parentOf(pid)]);
  const found = [root];
  for (const parent of found) {
    found.push(...parents.filter(([, of]) => of === parent).map(([pid]) => Number(pid)));
  }
  return found.slice(1).map(String);
}

function parentOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
