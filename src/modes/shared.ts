/** One listening socket, open in every process: whoever is awake first accepts. */
import { probeInternals, type Handle } from '../net/handles.ts';
import type { WorkerContext, WorkerSide } from '../workers/plan.ts';
import type { Mode } from './mode.ts';
import { serveListener, startBound } from './shared-parts.ts';

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

  start: ({ plan, fail }) => startBound(plan, plan.workers, fail),

  async worker(context: WorkerContext): Promise<WorkerSide> {
    return serveListener(context, (await context.attachment()) as Handle);
  },
};
