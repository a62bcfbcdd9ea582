/** A server that people know, under the load generator that they know it by. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programClient } from '../load.ts';
import type { ClientCommand } from '../measure/client.ts';
import type { ServerCommand } from '../measure/server.ts';
import { runTrial } from '../measure/trial.ts';
import type { RedisPlan } from '../redis-client.ts';
import { ours, programOf, redisServer } from '../servers.ts';
import type { Claim, Suite } from './suite.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/redis.ts', import.meta.url));
/** As long as its number of requests takes. */
const MOST_MS = 90_000;
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
    if (!existsSync(EXAMPLE)) return 'It needs the examples of the checkout.';
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
  return ours({ mode: 'single', handler: EXAMPLE, protocol: null, name: 'ours' });
}

function benchmark(plan: RedisPlan): ClientCommand {
  return programClient(programOf('redis-client'), plan, MOST_MS);
}
