/** One loop does everything. */
import { canReusePort, listenTo } from './shared-parts.ts';
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
  ],

  async start({ plan, load, makeLoop }) {
    const loaded = await load();
    const loop = await makeLoop(loaded);
    await loaded.handler.start?.({ data: plan.data as never, workerId: 0 });
    const listener = await listenTo(plan, await canReusePort(), {
      handle: (handle) => loop.adoptHandle(handle),
      socket: (socket) => loop.adoptSocket(socket),
    });
    return {
      address: listener.address,
      stats: async () => [
        { id: 0, pid: process.pid, threadId: undefined, restarts: 0, alive: true, ...loop.stats() },
      ],
      drain: async () => {
        listener.close();
        await loop.drain();
        await loaded.handler.stop?.();
      },
      force: () => loop.destroy(),
    };
  },
};
