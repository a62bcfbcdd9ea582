import t from 'tap';
import { judge, type Evidence, type VerdictName } from './verdict.ts';

/** A quiet machine, a server at its limit, a client at ease. */
const base: Evidence = {
  loop: 'closed',
  thinkMs: 0,
  answered: 100_000,
  clientBusyShare: 0.6,
  lagP99Us: undefined,
  responseP99Us: 900,
  gcMs: 5,
  gcLongestMs: 0.4,
  localFailures: 0,
  serverGoneMs: null,
  serverEnded: false,
  foreignCores: 0.02,
  stealCores: 0,
  serverCores: 0.99,
  serverBusiestThreadShare: 0.99,
  unsent: 0,
  durationMs: 10_000,
};

const cases: Array<[string, Partial<Evidence>, VerdictName]> = [
  ['the server is at its limit', {}, 'SERVER_BOUND'],
  [
    'nobody is busy: the server waits for something',
    { clientBusyShare: 0.05, serverBusiestThreadShare: 0.02 },
    'SERVER_BOUND',
  ],
  [
    'the server is elsewhere and the client at ease',
    { serverCores: undefined, serverBusiestThreadShare: undefined },
    'SERVER_BOUND',
  ],
  [
    'the server is elsewhere and the client nearly full',
    { clientBusyShare: 0.85, serverCores: undefined, serverBusiestThreadShare: undefined },
    'UNCLEAR',
  ],
  [
    'autocannon at 97 % with a server at 96 %: who was the limit?',
    { clientBusyShare: 0.97, serverBusiestThreadShare: 0.96 },
    'UNCLEAR',
  ],
  [
    'the client is full and the server is not',
    { clientBusyShare: 0.97, serverBusiestThreadShare: 0.6 },
    'CLIENT_BOUND',
  ],
  [
    'a platform that does not say how busy the client was',
    { clientBusyShare: Number.NaN, serverBusiestThreadShare: undefined },
    'UNCLEAR',
  ],
  ['the server went away', { serverGoneMs: 2100, foreignCores: 0.5 }, 'UNCLEAR'],
  [
    'a process of the server ended, and what it used looks like that of others',
    { serverEnded: true, serverCores: undefined, foreignCores: undefined },
    'UNCLEAR',
  ],
  ['the open loop was on time', { loop: 'open', lagP99Us: 60 }, 'SERVER_BOUND'],
  [
    'late, but by less than the grain',
    { loop: 'open', lagP99Us: 190, responseP99Us: 250 },
    'SERVER_BOUND',
  ],
  [
    'late by much of the response',
    { loop: 'open', lagP99Us: 450, responseP99Us: 900 },
    'CLIENT_BOUND',
  ],
  [
    'late by little of a long response',
    { loop: 'open', lagP99Us: 450, responseP99Us: 90_000 },
    'SERVER_BOUND',
  ],
  ['a neighbour', { foreignCores: 0.4 }, 'NOISY_MACHINE'],
  ['a neighbour beyond the hypervisor', { stealCores: 0.2 }, 'NOISY_MACHINE'],
  [
    'a neighbour explains a late client',
    { foreignCores: 0.4, loop: 'open', lagP99Us: 5000 },
    'NOISY_MACHINE',
  ],
  ['no /proc', { foreignCores: undefined, stealCores: undefined }, 'SERVER_BOUND'],
  ['out of ports', { localFailures: 3 }, 'CLIENT_BOUND'],
  ['the garbage collector is the tail', { gcMs: 300, gcLongestMs: 17.8 }, 'CLIENT_BOUND'],
  ['one long collection in ten seconds is not', { gcMs: 20, gcLongestMs: 17.8 }, 'SERVER_BOUND'],
  ['nothing was answered', { answered: 0 }, 'UNCLEAR'],
];

for (const [name, evidence, expected] of cases) {
  t.test(name, async (t) => {
    const verdict = judge({ ...base, ...evidence });
    t.equal(verdict.name, expected, verdict.evidence);
    t.notMatch(verdict.evidence, /\n|undefined|NaN/, 'one line, with figures');
  });
}

t.test('the evidence has the figures', async (t) => {
  const { evidence } = judge({ ...base, loop: 'open', lagP99Us: 43.2, unsent: 12 });
  for (const part of [
    'client 60% busy',
    'lag p99 43.2 µs',
    'at most 0.4 ms at once',
    'server 0.99 cores',
    'everything else 0.02 cores',
    '12 requests due were never sent',
  ]) {
    t.match(evidence, part);
  }
});

t.test('a limit is spoken of only where one was met', async (t) => {
  const idle = { clientBusyShare: 0.01, serverCores: 0.03, serverBusiestThreadShare: 0.03 };
  const elsewhere = { serverCores: undefined, serverBusiestThreadShare: undefined };
  const cases: Array<[string, Partial<Evidence>, RegExp]> = [
    ['a full server', {}, /^the server was at its limit and the client was not:/],
    [
      'a schedule kept',
      { ...idle, loop: 'open', lagP99Us: 60 },
      /^the schedule was kept .*no limit was met:/,
    ],
    [
      'a schedule that found no free connection',
      { ...idle, loop: 'open', lagP99Us: 60, unsent: 12 },
      /^the client had time to spare, and the server did not keep up with the schedule:/,
    ],
    ['a load that thinks', { ...idle, thinkMs: 100 }, /^the load thinks .*the rate is the load's:/],
    ['a load that waits', idle, /^the client waited for the server, whose CPU was not full:/],
    [
      'a server elsewhere',
      { ...idle, ...elsewhere },
      /^the client had time to spare and waited for the server:/,
    ],
    ['events as they come', { ...idle, loop: 'push' }, /the delivery times are the server's:/],
  ];
  for (const [name, evidence, expected] of cases) {
    const verdict = judge({ ...base, ...evidence });
    t.equal(verdict.name, 'SERVER_BOUND', name);
    t.match(verdict.evidence, expected, name);
  }
});
