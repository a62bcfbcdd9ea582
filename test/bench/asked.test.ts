/** What was measured, in words: every default that a reader of the page cannot know. */
import t from 'tap';
import { sayPlan } from '../../bench/asked.ts';
import { plansOf, type BenchRequest } from '../../bench/request.ts';

const NONE: BenchRequest = { words: [], quick: false, anyway: true, load: {} };
const MACHINE = { node: 'v26.1.0', cores: 2 };

t.test('what was measured', async (t) => {
  const cases: [string, Partial<BenchRequest>, RegExp][] = [
    [
      'all defaults',
      {},
      /^echo of 64 bytes over line, 64 connections, closed loop, 5 runs of each, 3 s behind 2 s of warm-up, Node v26\.1\.0, 2 cores$/,
    ],
    [
      'a path, no payload',
      { words: ['hello'], path: '/items?page=2', load: { protocol: 'http' } },
      /^hello over http, path \/items\?page=2, 64 connections, closed loop, /,
    ],
    [
      'a body',
      { words: ['hello'], load: { protocol: 'http', payloadBytes: 900 } },
      /^hello of 900 bytes over http, path \/, /,
    ],
    [
      'a text',
      { words: ['hello'], load: { protocol: 'http', payloadText: 'größe' } },
      /^hello of 7 bytes over http, /,
    ],
    [
      'a schedule',
      { quick: true, load: { rateHz: 2000, connections: 8, depth: 4 } },
      /, 8 connections, 4 in flight on each, open loop at 2000\/s, 1 run of each, 2\.5 s behind 1 s/,
    ],
    ['a file', { load: { payloadFile: '/tmp/body.bin' } }, /^echo of \/tmp\/body\.bin over line, /],
    ['a question with a load of its own', { words: ['nagle'] }, /^5 runs of each, /],
  ];
  for (const [name, changes, expected] of cases) {
    const [plan] = await plansOf({ ...NONE, ...changes });
    t.match(sayPlan(plan, MACHINE), expected, name);
  }
});
