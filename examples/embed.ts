/**
 * serve() in a program of your own: it installs no signal or exception handlers, so stopping is yours to decide.
 * `node examples/embed.ts [mode] [port]`, then Ctrl-C.
 */
import { PatternsError, serve, type ModeName, type Server } from 'patterns-runtime';

const [mode = 'sharded', port = '0'] = process.argv.slice(2);

let server: Server;
try {
  server = await serve({
    handler: new URL('./counter.ts', import.meta.url),
    mode: mode as ModeName,
    port: Number(port),
    limits: { connections: 1000, idleTimeoutMs: mode === 'blocking' ? 0 : 30_000 },
  });
} catch (error) {
  if (!(error instanceof PatternsError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exit(2);
}

const report = setInterval(async () => {
  const { workers } = await server.stats();
  for (const { id, open, messages } of workers)
    console.log(`worker ${id}: ${open} connections, ${messages} messages`);
}, 5000);

async function stop(): Promise<void> {
  clearInterval(report);
  const { forced } = await server.close({ drainTimeoutMs: 10_000 });
  console.log(forced ? 'closed, with connections cut' : 'closed');
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

server.closed.catch((error: Error) => {
  clearInterval(report);
  console.error(`the server could not go on: ${error.message}`);
  process.exitCode = 1;
});

console.log(`listening on ${server.url}, ${server.workers} workers`);
