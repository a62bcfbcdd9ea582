/** A server that people know, under the load generator that they know it by. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ClientCommand } from '../measure/client.ts';
import type { ServerCommand } from '../measure/server.ts';
import { runTrial } from '../measure/trial.ts';
import type { RedisPlan } from '../redis-client.ts';
import { nodeArgs, ours, programOf } from '../servers.ts';
import type { Claim, Suite } from './suite.ts';

const COMMANDS = ['set', 'get'] as const;
const PIPELINES = [
  { pipeline: 1, atMost: 1.3, perSecond: 80_000 },
  { pipeline: 16, atMost: 1.5, perSecond: 600_000 },
];

const label = (server: string, command: string, pipeline: number): string =>
  `${server} ${command.toUpperCase()} -P ${pipeline}`;

export const redis: Suite = {
  name: 'redis',
  question: 'What does a command cost in examples/redis.ts, next to redis-server?',
  unavailable() {
    const missing = ['redis-server', 'redis-benchmark'].filter(
      (program) => spawnSync(program, ['--version']).error !== undefined,
    );
    return missing.length === 0 ? undefined : `There is no ${missing.join(' and no ')} here.`;
  },
  async arms(settings) {
    const servers = [example(), await redisServer()];
    return servers.flatMap((server) =>
      COMMANDS.flatMap((command) =>
        PIPELINES.map(({ pipeline, perSecond }) => {
          const requests = perSecond * settings.seconds;
          const client = benchmark({ command, pipeline, requests });
          return {
            name: label(server.name, command, pipeline),
            run: () => runTrial({ server, client }),
          };
        }),
      ),
    );
  },
  claims: COMMANDS.flatMap((command) =>
    PIPELINES.flatMap(({ pipeline, atMost }): Claim[] => [
      {
        says: `${command.toUpperCase()} at -P ${pipeline} over redis-server`,
        figure: 'cpuUs',
        of: label('ours', command, pipeline),
        over: [label('redis-server', command, pipeline)],
        atMost,
        stretch: 1.1,
      },
    ]),
  ),
};

function example(): ServerCommand {
  const handler = fileURLToPath(new URL('../../examples/redis.ts', import.meta.url));
  return ours({ mode: 'single', handler, protocol: null, name: 'ours' });
}

/** Without a disk, on one thread. It takes no port 0, so one that was free a moment ago. */
async function redisServer(): Promise<ServerCommand> {
  const port = await freePort();
  return {
    name: 'redis-server',
    command: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    ready: (output) =>
      output.includes('Ready to accept connections')
        ? `listening tcp://127.0.0.1:${port}`
        : undefined,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function benchmark(plan: RedisPlan): ClientCommand {
  const program = programOf('redis-client');
  return {
    command: process.execPath,
    args: ({ host, port }) => [...nodeArgs, program, host, String(port), JSON.stringify(plan)],
    limitMs: 120_000,
  };
}
