/** A server in a process of its own, on a Node that loads uWebSockets.js: `node host.ts '{"handler":…}'`. Told by IPC. */
import { queryObjects } from 'node:v8';
import { handlerErrors, workerDied, workerHandlerErrors, workerReady } from '../../src/channels.ts';
import type { PatternsError } from '../../src/errors.ts';
import { Exchange } from '../../src/modes/native/exchange.ts';
import { NativeSocket } from '../../src/modes/native/socket.ts';
import { serve, type Server, type ServeOptions } from '../../src/serve.ts';

const given = JSON.parse(process.argv[2]) as ServeOptions & { handler: string };
// The test that started it has gone.
process.on('disconnect', () => process.exit());

export interface Kept {
  readonly sockets: number;
  readonly exchanges: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** Of Host (support.ts): what is answered has a request's number. */
type Call =
  | { readonly call: 'publish'; readonly with: [topic: string, message: unknown] }
  | { readonly call: 'stats' | 'kept'; readonly request: number }
  | { readonly call: 'close'; readonly request: number; readonly with: CloseOptions };
type CloseOptions = { drainTimeoutMs?: number };

const say = (message: object) => process.send!(message);

for (const channel of [handlerErrors, workerHandlerErrors]) {
  channel.subscribe((message) => {
    const { error } = message as { error: Error | undefined };
    say({ event: 'handler-error', text: String(error?.message) });
  });
}
workerReady.subscribe((message) => say({ event: 'worker-ready', text: JSON.stringify(message) }));
workerDied.subscribe((message) => say({ event: 'worker-died', text: JSON.stringify(message) }));

try {
  const handler = given.handler.startsWith('file:') ? new URL(given.handler) : given.handler;
  const server = await serve({ ...given, mode: 'native', handler });
  const { address, unit, workers } = server;
  say({ event: 'ready', address, unit, workers });
  process.on('message', (call: Call) => {
    if (call.call === 'publish') server.publish(...call.with);
    else void answer(server, call);
  });
} catch (error) {
  const { name, code, message, modes } = error as PatternsError & { modes?: string[] };
  say({ event: 'failed', error: { name, code, message, modes } });
  process.disconnect!();
}

async function answer(server: Server, asked: Exclude<Call, { call: 'publish' }>): Promise<void> {
  say({ event: 'answer', request: asked.request, result: await resultOf(server, asked) });
  if (asked.call === 'close') process.disconnect!();
}

function resultOf(server: Server, asked: Exclude<Call, { call: 'publish' }>): unknown {
  switch (asked.call) {
    case 'stats':
      return server.stats();
    case 'kept':
      return kept();
    case 'close':
      return server.close(asked.with);
  }
}

/** What is alive of the main loop behind a collection, which `queryObjects` begins with. */
function kept(): Kept {
  return {
    sockets: countOf(NativeSocket),
    exchanges: countOf(Exchange),
    heapBytes: process.memoryUsage().heapUsed,
    residentBytes: process.memoryUsage.rss(),
  };
}

function countOf(type: typeof NativeSocket | typeof Exchange): number {
  return queryObjects(type, { format: 'count' });
}
