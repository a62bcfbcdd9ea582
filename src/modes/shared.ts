/** One listening socket, open in every process: whoever is awake first accepts. */
import { bind } from '../net/listener.ts';
import { probeInternals, type Handle } from '../net/handles.ts';
import { removeStale } from '../net/listener.ts';
import { Supervisor } from '../workers/supervisor.ts';
import type { WorkerContext, WorkerSide } from '../workers/plan.ts';
import { unlink } from 'node:fs/promises';
import type { Mode } from './mode.ts';
import { canReusePort, serveListener } from './shared-parts.ts';

export const mode: Mode = {
  name: 'shared',
  summary:
    'All cores from one accept queue, Unix sockets too; the spread is uneven, as the busiest loop accepts least.',
  listeners: '1',
  accepts: 'N loops race on it',
  reads: 'the accepting loop',
  executes: 'the accepting loop',
  units: ['process'],
  capabilities: [
    'socket-handler',
    'pushes',
    'idle-timeout',
    'unix',
    'workers',
    'unframed-protocol',
    'raw-protocol',
    'pings',
  ],

  async unavailable() {
    return (await probeInternals()).bind
      ? undefined
      : 'this Node cannot bind a socket without listening on it';
  },

  async start({ plan, fail }) {
    if ('path' in plan.target) await removeStale(plan.target.path);
    // Bound here and never listened on here: the queue outlives any worker.
    const { handle, address } = bind(plan.target, await canReusePort());
    const supervisor = new Supervisor(plan, {
      onStarted: (worker) => worker.unit.hand({ type: 'mode', body: 'listen' }, handle),
      onFatal: fail,
    });
    const release = async () => {
      handle.close();
      if ('path' in plan.target) await unlink(plan.target.path).catch(() => {});
    };
    try {
      await supervisor.startAll(plan.workers);
    } catch (error) {
      await release();
      throw error;
    }
    return {
      address,
      stats: () => supervisor.stats(),
      publish: (topic, message) => supervisor.publish(topic, message),
      drain: async () => {
        const drained = supervisor.drain();
        await release();
        await drained;
      },
      force: () => supervisor.kill(),
    };
  },

  async worker(context: WorkerContext): Promise<WorkerSide> {
    return serveListener(context, (await context.attachment()) as Handle);
  },
};
