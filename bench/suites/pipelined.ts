/** Sixteen messages in flight on each connection: what one read brings is answered with one write, or it is not. */
import { baseline, ours } from '../servers.ts';
import { arm } from './arms.ts';
import type { Claim, Suite } from './suite.ts';

const FRAMED = ['line', 'length-prefix'];
const PIPELINE = 16;

const perMessage = (protocol: string): string => `net ${protocol}, write per message`;
const perRead = (protocol: string): string => `net ${protocol}, write per read`;

export const pipelined: Suite = {
  name: 'pipelined',
  question: 'What does a message cost when sixteen are in flight?',
  arms: (settings) =>
    FRAMED.flatMap((protocol) =>
      [
        ours({ mode: 'single', protocol, name: protocol }),
        baseline(perMessage(protocol), 'plain-net-framed', { framing: protocol }),
        baseline(perRead(protocol), 'plain-net-framed', { framing: protocol, writes: 'read' }),
      ].map((server) =>
        arm(server, { protocol, connections: 64, bytes: 64, pipeline: PIPELINE }, settings),
      ),
    ),
  claims: FRAMED.flatMap((protocol): Claim[] => [
    {
      says: `16 pipelined, ${protocol}, over node:net with a write per message`,
      figure: 'cpuUs',
      of: protocol,
      over: [perMessage(protocol)],
      atMost: 0.7,
    },
    {
      says: `16 pipelined, ${protocol}, over node:net with a write per read`,
      figure: 'cpuUs',
      of: protocol,
      over: [perRead(protocol)],
      atMost: 1,
    },
  ]),
};
