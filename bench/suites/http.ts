/** HTTP/1.1 on the raw socket, next to the servers that people know. wrk asks. */
import { arm, wrkMissing, type HttpWork } from '../http-arms.ts';
import { INSTALL, peer, type PeerName } from '../peers.ts';
import { ours, programOf } from '../servers.ts';
import type { Claim, Suite } from './suite.ts';

const OURS = 'patterns';

interface Work extends HttpWork {
  readonly name: string;
  readonly handler: string;
  /** Of ours over theirs, in server CPU a request. Without a limit it is there to be looked at. */
  readonly over: Readonly<
    Partial<Record<PeerName, { readonly atMost: number; readonly stretch?: number } | undefined>>
  >;
}

const WORKS: readonly Work[] = [
  {
    name: 'hello',
    handler: 'hello',
    path: '/',
    over: {
      'node:http': { atMost: 0.65 },
      Bun: { atMost: 0.9 },
      'uWebSockets.js': { atMost: 1.1, stretch: 1 },
      Fastify: undefined,
    },
  },
  {
    name: 'hello, 16 pipelined',
    handler: 'hello',
    path: '/',
    pipeline: 16,
    over: { 'node:http': { atMost: 0.4 } },
  },
  {
    name: 'JSON of 1 KiB',
    handler: programOf('handlers/http-work'),
    path: '/json',
    over: { 'node:http': { atMost: 0.7 } },
  },
  {
    name: 'POST of 1 KiB echoed',
    handler: programOf('handlers/http-work'),
    path: '/',
    bodyBytes: 1024,
    over: { 'node:http': { atMost: 0.7 } },
  },
  {
    name: 'Hono app',
    handler: programOf('handlers/hono'),
    path: '/',
    over: { Hono: { atMost: 0.8 } },
  },
];

const label = (server: string, { name }: Work): string => `${server}, ${name}`;

export const http: Suite = {
  name: 'http',
  question: 'What does an HTTP request cost, next to node:http, Bun, uWebSockets.js and Hono?',
  unavailable: wrkMissing,
  arms: (settings) =>
    WORKS.flatMap((work) => {
      const protocol = work.handler === 'hello' ? 'http' : null;
      const own = ours({
        mode: 'single',
        handler: work.handler,
        protocol,
        name: label(OURS, work),
      });
      const theirs = (Object.keys(work.over) as PeerName[]).flatMap((name) => {
        const server = peer(name);
        if (server !== undefined) return [{ ...server, name: label(name, work) }];
        settings.say(`${label(name, work)} is left out: ${INSTALL} installs it.`);
        return [];
      });
      return [own, ...theirs].map((server) => arm(server, work, settings));
    }),
  claims: WORKS.flatMap((work) =>
    Object.entries(work.over).flatMap(([name, limits]): Claim[] =>
      limits === undefined
        ? []
        : [
            {
              says: `${work.name}, over ${name}`,
              figure: 'cpuUs',
              of: label(OURS, work),
              over: [label(name, work)],
              ...limits,
            },
          ],
    ),
  ),
};
