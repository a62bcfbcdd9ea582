/** Next to what people know. A peer is a line in the table; one that is not here is left out, with the reason. */
import { spawnSync } from 'node:child_process';
import { compilerMissing } from '../baselines/compile.ts';
import { load } from '../load.ts';
import type { ServerCommand } from '../measure/server.ts';
import { baseline, epollEcho, redisServer } from '../servers.ts';
import { armOf, type Arm, type Question } from './question.ts';
import { facetsOf, FEW, modeServer, wanted } from './servers.ts';

/** What is compared: all of a group see the same load. */
const GROUPS = [
  { group: '64 B echo, bytes', protocol: 'bytes', handler: 'echo' },
  { group: '64 B echo, RESP', protocol: 'resp', handler: 'echo' },
] as const;

export interface Peer {
  readonly name: string;
  readonly group: (typeof GROUPS)[number]['group'];
  /** Why it is not to be had here, in a sentence. */
  missing?(): string | undefined;
  server(workers: number): Promise<ServerCommand> | ServerCommand;
}

const WORKERS = 2;

/** Add one here: bench/peers/ installs those that are packages. */
export const PEERS: readonly Peer[] = [
  { name: 'C epoll', group: '64 B echo, bytes', missing: compilerMissing, server: epollEcho },
  {
    name: 'plain net',
    group: '64 B echo, bytes',
    server: () => baseline('plain net', 'plain-net'),
  },
  {
    name: 'cluster round robin',
    group: '64 B echo, bytes',
    server: (workers) => baseline('cluster rr', 'cluster', { policy: 'rr', workers }),
  },
  {
    name: 'cluster none',
    group: '64 B echo, bytes',
    server: (workers) => baseline('cluster none', 'cluster', { policy: 'none', workers }),
  },
  {
    name: 'redis-server',
    group: '64 B echo, RESP',
    missing: () =>
      spawnSync('redis-server', ['--version']).error === undefined
        ? undefined
        : 'There is no redis-server here.',
    server: redisServer,
  },
];

const CONNECTIONS = 64;

export const peers: Question = {
  name: 'peers',
  question: 'What does a message cost next to C, plain node:net, node:cluster and redis-server?',
  async arms(plan) {
    const arms: Arm[] = [];
    for (const { group, protocol, handler } of GROUPS) {
      const client = load({ protocol, connections: CONNECTIONS, bytes: 64 }, plan);
      for (const one of wanted(plan, FEW)) {
        const server = modeServer(plan, one, { protocol, handler, probed: false }, CONNECTIONS);
        arms.push(armOf({ group, ...facetsOf(one) }, ['group'], { server, client }));
      }
      for (const peer of PEERS) {
        if (peer.group !== group || peer.missing?.() !== undefined) continue;
        const server = await peer.server(plan.workers ?? WORKERS);
        arms.push(armOf({ group, mode: peer.name, unit: '' }, ['group'], { server, client }));
      }
    }
    return arms;
  },
  decides: 'cpuUs',
  shows: ['cpuUs', 'userUs', 'systemUs', 'perSecond', 'p50Ms', 'p99Ms'],
};
