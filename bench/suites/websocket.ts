/** WebSockets, next to `ws` on node:http and to uWebSockets.js: echoes, and broadcasts to a thousand, one by one and in bursts. */
import { existsSync } from 'node:fs';
import type { Load } from '../load.ts';
import { INSTALL, peer, peerProgram, type PeerName } from '../peers.ts';
import { ours, programOf } from '../servers.ts';
import { arm } from './arms.ts';
import type { Claim, Suite } from './suite.ts';

const OURS = 'patterns';
const ECHO_CONNECTIONS = 64;
const LISTENERS = 1000;
/** What the client keeps up with beside any of the servers: what is compared is CPU, not how far they get. */
const BROADCASTS_HZ = 50;
/** Messages that come in one write, and so within one turn of the server's loop: a room's busy second. */
const BURST = 16;
/** Three bursts a second: nearly as many messages as one by one. */
const BURSTS_HZ = 3 * BURST;
/** So long, what is late is not yet lost. */
const DRAIN_MS = 10_000;

interface Work extends Load {
  readonly name: string;
  /** Of handlers/. Default: websocket. */
  readonly handler?: string;
  /** Of ours over theirs, in server CPU a message. Without a limit it is there to be looked at. */
  readonly over: Readonly<Partial<Record<PeerName, number | undefined>>>;
}

const WORKS: readonly Work[] = [
  {
    name: 'echo of 125 B, text',
    protocol: 'ws',
    connections: ECHO_CONNECTIONS,
    bytes: 125,
    over: { ws: 0.6, 'uWebSockets.js': 1.25 },
  },
  {
    name: 'echo of 16 KiB, text',
    protocol: 'ws',
    connections: ECHO_CONNECTIONS,
    bytes: 16 * 1024,
    over: { ws: 0.6, 'uWebSockets.js': 1.25 },
  },
  {
    name: 'echo of 16 KiB, bytes as views',
    handler: 'websocket-view',
    protocol: 'ws',
    connections: ECHO_CONNECTIONS,
    bytes: 16 * 1024,
    more: { protocolOptions: { binary: true } },
    over: { ws: 0.6, 'uWebSockets.js': 1.25 },
  },
  {
    name: 'broadcast to 1,000',
    protocol: 'ws',
    path: '/broadcast',
    connections: LISTENERS + 1,
    rateHz: BROADCASTS_HZ,
    bytes: 125,
    more: { publishers: 1, drainMs: DRAIN_MS },
    over: { ws: 0.5, 'uWebSockets.js': undefined },
  },
  {
    name: `broadcast to 1,000, ${BURST} at once`,
    protocol: 'ws',
    path: '/broadcast',
    connections: LISTENERS + 1,
    rateHz: BURSTS_HZ,
    bytes: 125,
    more: { publishers: 1, burst: BURST, drainMs: DRAIN_MS },
    over: { ws: 0.5, 'uWebSockets.js': undefined },
  },
];

const label = (server: string, { name }: Work): string => `${server}, ${name}`;

export const websocket: Suite = {
  name: 'websocket',
  question: 'What does a WebSocket message cost, next to ws and uWebSockets.js?',
  unavailable: () =>
    existsSync(peerProgram('ws')) ? undefined : 'The peers are in the checkout only.',
  arms: (settings) =>
    WORKS.flatMap((work) => {
      const handler = programOf(`handlers/${work.handler ?? 'websocket'}`);
      const own = ours({ mode: 'single', handler, protocol: null, name: label(OURS, work) });
      const theirs = (Object.keys(work.over) as PeerName[]).flatMap((name) => {
        const server = peer(name);
        if (server !== undefined) return [{ ...server, name: label(name, work) }];
        settings.say(`${label(name, work)} is left out: ${INSTALL} installs it.`);
        return [];
      });
      return [own, ...theirs].map((server) => arm(server, work, settings));
    }),
  claims: WORKS.flatMap((work) =>
    Object.entries(work.over).flatMap(([name, atMost]): Claim[] =>
      atMost === undefined
        ? []
        : [
            {
              says: `${work.name}, over ${name}`,
              figure: 'cpuUs',
              of: label(OURS, work),
              over: [label(name, work)],
              atMost,
            },
          ],
    ),
  ),
};
