/** A program of its own that serves: its workers are its children. `parent.ts MODE UNIT` */
import { serve } from '../../../src/serve.ts';
import type { ModeName } from '../../../src/modes/index.ts';

const [mode, unit] = process.argv.slice(2);
const server = await serve({
  handler: new URL('../handlers/faults.ts', import.meta.url),
  mode: mode as ModeName,
  unit: (unit || undefined) as 'thread' | 'process' | undefined,
  workers: 2,
});
const { workers } = await server.stats();
const port = 'port' in server.address ? server.address.port : 0;
console.log(JSON.stringify({ port, pids: workers.map(({ pid }) => pid) }));
