/**
 * A key-value server in memory that redis-cli, redis-benchmark and redis client libraries talk to:
 * `patterns serve examples/redis.ts --mode=single --port=6380`, then `redis-cli -p 6380 set greeting hello`.
 *
 * NOT shared between workers: each loop has keys of its own. So it is for `single`; in `sharded`, `pooled` and `shared`
 * a client sees the keys of the worker that it happens to be connected to, and in `dispatched` those of its executor,
 * which helps only clients that keep to one connection or shard their keys themselves. INFO says which worker it is.
 *
 * Keys and values are any bytes ('latin1': one character each). redis/ has the data structures and the commands.
 */
import { defineHandler, resp } from 'patterns-runtime';
import { execute } from './redis/commands/index.ts';
import type { Session } from './redis/commands/command.ts';
import { Database } from './redis/database.ts';

const DATABASES = 16;
const SWEEP_MS = 100;

const databases = Array.from({ length: DATABASES }, () => new Database());
let workerId = 0;
let sweeper: NodeJS.Timeout | undefined;

export default defineHandler({
  protocol: resp({ encoding: 'latin1' }),
  start(context) {
    workerId = context.workerId;
    sweeper = setInterval(() => {
      for (const database of databases) database.sweep();
    }, SWEEP_MS);
  },
  stop() {
    clearInterval(sweeper);
  },
  open: (connection): Session => ({
    databases,
    connection,
    workerId,
    database: databases[0],
    name: '',
  }),
  message: (words, { state }) => execute(words, state),
});
