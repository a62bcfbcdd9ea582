/** What a connection that says nothing takes of the server's memory. The kernel's own part of it is not counted. */
import { idleClient } from '../load.ts';
import { mostConnections } from '../measure/limits.ts';
import { hasProc } from '../measure/proc.ts';
import { baseline } from '../servers.ts';
import { armOf, type Question } from './question.ts';
import { ALL, facetsOf, modeServer, wanted } from './servers.ts';

const CONNECTIONS = { full: 10_000, quick: 1000 };

export const memory: Question = {
  name: 'memory',
  question: 'How much memory does an idle connection take?',
  unavailable: () => (hasProc ? undefined : 'memory is read from /proc, which is Linux’s.'),
  arms(plan) {
    const wish = plan.quick ? CONNECTIONS.quick : CONNECTIONS.full;
    const connections = Math.min(wish, mostConnections());
    const client = idleClient(connections);
    const idle = `${connections.toLocaleString('en')} idle`;
    const more = [`--max-connections=${2 * connections}`];
    const ours = wanted(plan, ALL)
      .filter(({ mode }) => mode !== 'blocking') // a thread each: thousands of them are no question
      .map((one) =>
        armOf({ connections: idle, ...facetsOf(one) }, ['connections'], {
          server: modeServer(plan, one, { protocol: 'bytes', more, probed: false }, connections),
          client,
        }),
      );
    const plain = armOf({ connections: idle, mode: 'plain net', unit: '' }, ['connections'], {
      server: baseline('plain net', 'plain-net'),
      client,
    });
    return [...ours, plain];
  },
  decides: 'bytesPerConnection',
  shows: ['bytesPerConnection', 'residentMiB'],
  note: 'Resident memory of the server and its children, after over before, for each connection.',
};
