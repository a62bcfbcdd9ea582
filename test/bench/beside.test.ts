/** What goes on beside a load ends with it, however it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import t from 'tap';
import { load } from '../../bench/load.ts';
import { hasProc } from '../../bench/measure/proc.ts';

const skip = !hasProc && 'there is no /proc';

for (const [program, args] of [
  ['slow-messages', [2, 50]],
  ['slow-consumers', [2]],
] as const) {
  t.test(`${program}: the load is killed, and it ends`, { skip }, async (t) => {
    let beside = '';
    const server = createServer((socket) => {
      socket.setEncoding('utf8').on('error', () => {});
      socket.on('data', (text: string) => {
        beside += text.includes('slow') || text.includes('large') ? text : '';
        socket.write('x\n'.repeat(text.split('\n').length - 1));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const plan = { protocol: 'line', connections: 1, bytes: 1, beside: { program, args } };
    const client = load(plan, { warmUpMs: 0, durationMs: 600_000 });
    const child = spawn(client.command, client.args({ host: '127.0.0.1', port }), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('begin')) break;
    }
    const [pid, ...others] = childrenOf(child.pid!);
    t.match(pid, /^\d+$/, 'it was there');
    t.same(others, []);
    child.kill('SIGKILL');
    while (isThere(pid)) await new Promise((resolve) => setImmediate(resolve));
    t.match(beside, /^(?:slow|large)\n/, 'and had sent its own');
  });
}

function childrenOf(parent: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => statOf(pid)?.[1] === String(parent));
}

/** A process that has ended and was not waited for is a Z. */
function isThere(pid: string): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat[0] !== 'Z';
}

/** State and parent. */
function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
