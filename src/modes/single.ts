/** One loop does everything. */
import { startHandler, stopHandler } from '../workers/load.ts';
import { canReusePort, listenTo, sinkOf } from './shared-parts.ts';
import type { Mode } from './mode.ts';

export const mode: Mode = {
  name: 'single',
  summary: 'The least cost per message, until one core is not enough.',
  listeners: '1',
  accepts: 'main',
  reads: 'main',
  executes: 'main',
  units: [],
  capabilities: [
    'socket-handler',
    'memory-handler',
    'pushes',
    'idle-timeout',
    'unix',
    'unframed-protocol',
    'raw-protocol',
    'pings',
  ],

  async start({ plan, load, makeLoop }) {
    const loaded = await load();
    const loop = await makeLoop(loaded);
    await startHandler(loaded, plan, 0, loop.topics);
    let onForced = () => {};
    const forced = new Promise<void>((resolve) => {
      onForced = resolve;
    });
    const listener = await listenTo(plan, await canReusePort(), sinkOf(loop)).catch(
      async (error: unknown) => {
        await stopHandler(loaded);
        throw error;
      },
    );
    return {
      address: listener.address,
      stats: async () => [
        { id: 0, pid: process.pid, threadId: undefined, alive: true, ...loop.stats() },
      ],
      publish: (topic, message) => loop.topics.broadcast(topic, message),
      drain: async () => {
        listener.close();
        await loop.drain();
        await Promise.race([stopHandler(loaded), forced]);
      },
      force: () => {
        loop.destroy();
        onForced();
      },
    };
  },
};
