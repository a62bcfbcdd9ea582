/** A server in a process of its own, on a Node that loads uWebSockets.js: `node host.ts '{"handler":…}'`. Told by IPC. */
import { handlerErrors, workerDied, workerHandlerErrors } from '../../src/channels.ts';
import type { PatternsError } from '../../src/errors.ts';
import { serve, type Server, type ServeOptions } from '../../src/serve.ts';

const given = JSON.parse(process.argv[2]) as ServeOptions & { handler: string };
// The test that started it has gone.
process.on('disconnect', () => process.exit());

const say = (message: object) => process.send!(message);

for (const channel of [handlerErrors, workerHandlerErrors]) {
  channel.subscribe((message) => {
    const { error } = message as { error: Error | undefined };
    say({ event: 'handler-error', text: String(error?.message) });
  });
}
workerDied.subscribe((message) => say({ event: 'worker-died', text: JSON.stringify(message) }));

try {
  const handler = given.handler.startsWith('file:') ? new URL(given.handler) : given.handler;
  const server = await serve({ ...given, mode: 'native', handler });
  const { address, unit, workers } = server;
  say({ event: 'ready', address, unit, workers });
  process.on('message', (message: { request: number; call: 'stats' | 'close'; with: object }) => {
    void answer(server, message);
  });
} catch (error) {
  const { name, code, message, modes } = error as PatternsError & { modes?: string[] };
  say({ event: 'failed', error: { name, code, message, modes } });
  process.disconnect!();
}

async function answer(
  server: Server,
  message: { request: number; call: 'stats' | 'close'; with: object },
): Promise<void> {
  const { request, call } = message;
  const result = call === 'stats' ? await server.stats() : await server.close(message.with);
  say({ event: 'answer', request, result });
  if (call === 'close') process.disconnect!();
}
