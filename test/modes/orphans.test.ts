/** A server that is killed leaves no process behind, also where a worker is busy for ever and never hears of it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import type { TcpAddress } from '../../src/net/listener.ts';
import { allGone, isAlive } from './support/alive.ts';
import { connectTo } from './support/client.ts';
import { forEveryMode, handlerUrl, type Combo } from './support/combos.ts';
import { Log } from './support/log.ts';
import { before, until } from './support/wait.ts';

const unless = ({ mode, unit }: Combo) =>
  unit === 'process' || mode === 'blocking' ? undefined : 'it has no processes of its own';

t.test('orphans', async (t) => {
  await forEveryMode(t, { unless }, async (t, { mode, unit }) => {
    const log = new Log(t);
    const parent = fork(
      new URL('./support/parent.ts', import.meta.url),
      [mode, unit!, handlerUrl('contract').href, log.path],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    t.teardown(() => parent.kill('SIGKILL'));
    const [{ address, pids }] = (await before(once(parent, 'message'), 'the server starts')) as [
      { address: TcpAddress; pids: number[] },
    ];
    t.ok(pids.length > 0 && pids.every(isAlive), `it has ${pids.length} processes`);
    const client = await connectTo({ host: address.host, port: address.port });
    await client.write('spin\n');
    await until(
      () => log.lines.some((line) => line.startsWith('spins')),
      'a worker is busy for ever',
    );
    parent.kill('SIGKILL');
    await allGone(pids);
    t.pass('they are gone');
    await before(client.ended, 'and the connection with them');
  });
});
