/** The same echo over protocols that have messages. */
import { ours } from '../servers.ts';
import { arm } from './arms.ts';
import type { Claim, Suite } from './suite.ts';

const FRAMED = ['line', 'length-prefix'];

export const framing: Suite = {
  name: 'framing',
  question: 'What does finding messages in the bytes cost?',
  arms: (settings) =>
    ['bytes', ...FRAMED].map((protocol) =>
      arm(
        ours({ mode: 'single', protocol, name: protocol }),
        { protocol, connections: 64, bytes: 64 },
        settings,
      ),
    ),
  claims: FRAMED.map((protocol): Claim => ({
    says: `64 B echo, ${protocol}, over bytes`,
    figure: 'cpuUs',
    of: protocol,
    over: ['bytes'],
    atMost: 1.2,
    stretch: 1.1,
  })),
};
