/** What a connection that says nothing takes of the server's memory. The kernel's own part of it is not counted. */
import { execFileSync } from 'node:child_process';
import type { ClientCommand } from '../measure/client.ts';
import { hasProc } from '../measure/proc.ts';
import { runTrial } from '../measure/trial.ts';
import { baseline, nodeArgs, ours, programOf } from '../servers.ts';
import type { Suite } from './suite.ts';

const CONNECTIONS = 10_000;
const SPARE_DESCRIPTORS = 200;

export const idle: Suite = {
  name: 'idle',
  question: `How much memory do ${CONNECTIONS} idle connections take?`,
  unavailable() {
    if (!hasProc) return 'Memory is read from /proc, which is Linux’s.';
    const limit = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
    if (limit === 'unlimited' || Number(limit) >= CONNECTIONS + SPARE_DESCRIPTORS) return undefined;
    return `A process may open ${limit} files here; this needs ${CONNECTIONS + SPARE_DESCRIPTORS}.`;
  },
  arms: () =>
    [ours({ mode: 'single', name: 'single' }), baseline('plain net', 'plain-net')].map(
      (server) => ({
        name: server.name,
        run: () => runTrial({ server, client: idleClient() }),
      }),
    ),
  claims: [
    {
      says: `${CONNECTIONS} idle connections, memory of each over plain node:net`,
      figure: 'bytesPerConnection',
      of: 'single',
      over: ['plain net'],
      atMost: 1.5,
      stretch: 1,
    },
  ],
};

function idleClient(): ClientCommand {
  const program = programOf('idle-client');
  return {
    command: process.execPath,
    args: ({ host, port }) => [...nodeArgs, program, host, String(port), String(CONNECTIONS)],
    limitMs: 120_000,
  };
}
