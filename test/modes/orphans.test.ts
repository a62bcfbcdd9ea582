/** Whatever kills the parent, no child is left behind: not even one whose loop is busy for ever. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { until } from './support/wait.ts';

t.setTimeout(180_000);

const program = fileURLToPath(new URL('./support/parent.ts', import.meta.url));

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const unless = ({ mode, unit }: Combo) =>
  unit === 'process' || mode === 'blocking' ? undefined : 'it has no child processes';

for (const state of ['idle', 'busy for ever']) {
  t.test(`the parent is killed while its workers are ${state}`, async (t) => {
    await forEveryMode(t, { unless }, async (t, { mode, unit }) => {
      const parent = spawn(process.execPath, [...process.execArgv, program, mode, unit ?? ''], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.teardown(() => parent.kill('SIGKILL'));
      let said = '';
      parent.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      await until(() => said.includes('\n'), 'the parent serves');
      const { port, pids } = JSON.parse(said) as { port: number; pids: number[] };
      t.ok(pids.every(exists), 'its children live');
      if (state !== 'idle') {
        const client = await connectTo({ host: '127.0.0.1', port });
        t.teardown(() => client.socket.destroy());
        const mark = join(t.testdir(), 'mark');
        await client.write(`spin ${mark}\n`);
        await until(() => existsSync(mark), 'it spins');
      }
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await until(() => !pids.some(exists), 'every child is gone');
    });
  });
}
