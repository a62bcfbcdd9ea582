/** The load generator on HTTP: what it takes to ask, next to wrk and autocannon. */
import { wrk, wrkMissing } from '../http-arms.ts';
import type { HttpPlan } from '../http-plan.ts';
import { load, programClient } from '../load.ts';
import type { ClientCommand } from '../measure/client.ts';
import { runTrial } from '../measure/trial.ts';
import { INSTALL, peer, peerProgram, within } from '../peers.ts';
import type { Settings, Suite } from './suite.ts';

const CONNECTIONS = 64;
const OURS = 'patterns load';

export const httpClient: Suite = {
  name: 'http-client',
  question: 'What does an HTTP request cost the load generator, next to wrk and autocannon?',
  unavailable: wrkMissing,
  arms(settings) {
    const server = peer('node:http')!; // it needs no package
    const clients: [string, ClientCommand][] = [
      [OURS, load({ protocol: 'http', connections: CONNECTIONS }, settings)],
      ['wrk', wrk({ path: '/' }, settings)],
    ];
    if (within('autocannon') === undefined) {
      settings.say(`autocannon is left out: ${INSTALL} installs it.`);
    } else clients.push(['autocannon', autocannon(settings)]);
    return clients.map(([name, client]) => ({ name, run: () => runTrial({ server, client }) }));
  },
  claims: [
    {
      says: 'a request of the load generator, over wrk',
      figure: 'clientCpuUs',
      of: OURS,
      over: ['wrk'],
      atMost: 1.15,
    },
    {
      says: 'a request of the load generator, over autocannon',
      figure: 'clientCpuUs',
      of: OURS,
      over: ['autocannon'],
      atMost: 0.85,
    },
  ],
};

function autocannon({ seconds, warmUpSeconds }: Settings): ClientCommand {
  const plan: HttpPlan = {
    path: '/',
    connections: CONNECTIONS,
    pipeline: 1,
    bodyBytes: 0,
    warmUpSeconds,
    seconds,
  };
  return programClient(peerProgram('autocannon-client'), plan, (warmUpSeconds + seconds) * 1000);
}
