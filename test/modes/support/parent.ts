/** A server in a process of its own, to be killed: `node parent.ts mode unit handlerUrl log`. Prints its children. */
import { serve, type ServeOptions } from '../../../src/serve.ts';

const [mode, unit, handler, log] = process.argv.slice(2);
const server = await serve({
  mode: mode as ServeOptions['mode'],
  unit: unit as ServeOptions['unit'],
  workers: 2,
  handler: new URL(handler),
  data: { log },
});
const { workers } = await server.stats();
const pids = new Set(workers.map(({ pid }) => pid).filter((pid) => pid !== process.pid));
process.send!({ address: server.address, pids: [...pids] });
