/** Every loop has a listener of its own on the same port (SO_REUSEPORT): the kernel spreads the connections. */
import type { Address } from '../net/listener.ts';
import { Supervisor } from '../workers/supervisor.ts';
import type { Mode } from './mode.ts';
import { canReusePort, serveListener } from './shared-parts.ts';

export const mode: Mode = {
  name: 'sharded',
  summary:
    'All cores at the cost of `single`, with no hand-over; the kernel spreads connections by hash, not by load.',
  listeners: 'N',
  accepts: 'each its own',
  reads: 'the accepting loop',
  executes: 'the accepting loop',
  units: ['process', 'thread'],
  capabilities: [
    'socket-handler',
    'pushes',
    'idle-timeout',
    'workers',
    'unframed-protocol',
    'raw-protocol',
    'pings',
  ],

  async unavailable() {
    return (await canReusePort()) ? undefined : 'this platform has no SO_REUSEPORT';
  },

  async start({ plan, fail }) {
    let address: Address = plan.target;
    const supervisor = new Supervisor(plan, {
      onReady: (_worker, listening) => {
        address = listening!; // port 0: the first worker's is everybody's
      },
      planFor: () => ({ ...plan, target: address }),
      onFatal: fail,
    });
    try {
      await supervisor.start(1);
      await Promise.all(
        Array.from({ length: plan.workers - 1 }, (_, i) => supervisor.start(i + 2)),
      );
    } catch (error) {
      await supervisor.end();
      throw error;
    }
    return {
      address,
      stats: () => supervisor.stats(),
      publish: (topic, message) => supervisor.publish(topic, message),
      drain: () => supervisor.drain(),
      force: () => supervisor.kill(),
    };
  },

  worker: (context) => serveListener(context),
};
