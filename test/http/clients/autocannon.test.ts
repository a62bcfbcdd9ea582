/** autocannon, where `make peers` has installed it, runs clean against every mode. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { against, CONNECTIONS, file, run, TIMEOUT_SECONDS } from './support.ts';

const PROGRAM = fileURLToPath(
  new URL('../../../bench/peers/node_modules/autocannon/autocannon.js', import.meta.url),
);
const skip = !existsSync(PROGRAM) && 'autocannon is not installed: make peers';
const REQUESTS = 400;
const PIPELINED = 8;

const body = file('body', 'y'.repeat(1024));

const CLEAN = { errors: 0, mismatches: 0, non2xx: 0, resets: 0, timeouts: 0 };

interface Counted {
  readonly errors: number;
  readonly timeouts: number;
  readonly mismatches: number;
  readonly non2xx: number;
  readonly resets: number;
  readonly '2xx': number;
}

against(
  'autocannon',
  0,
  async (t, url) => {
    const autocannon = async (what: string, path: string, ...args: string[]) => {
      const counts = ['-a', String(REQUESTS), '-c', String(CONNECTIONS)];
      const all = [PROGRAM, '-j', '-n', '-t', String(TIMEOUT_SECONDS), ...counts, ...args];
      const { code, out, err } = await run(process.execPath, [...all, `${url}${path}`]);
      t.equal(code, 0, `${what} ${err}`);
      const { errors, mismatches, non2xx, resets, timeouts, ...rest } = JSON.parse(out) as Counted;
      t.same({ errors, mismatches, non2xx, resets, timeouts }, CLEAN, what);
      // With its last request it ends each connection, whatever else is in flight there.
      const inFlight = what === 'pipelined' ? CONNECTIONS * (PIPELINED - 1) : 0;
      t.ok(rest['2xx'] >= REQUESTS - inFlight, `${what}: ${rest['2xx']} are answered`);
    };
    // At once: each takes a second at least.
    await Promise.all([
      autocannon('pipelined', '/', '-p', String(PIPELINED), '-E', 'hello'),
      autocannon('posts', '/echo', '-m', 'POST', '-i', body, '-E', 'y'.repeat(1024)),
      autocannon('streams', '/stream/3', '-E', 'piece 0;piece 1;piece 2;'),
    ]);
  },
  skip,
);
