/** From results to a page: names, repeats, sentences, caveats beside their figures, and nothing that a name slips in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LoadResult } from '../../src/load/result.ts';
import { answerOf } from '../../src/report/html/answer.ts';
import { makeReport } from '../../src/report/html/index.ts';
import { groupsOf, namesOf, reportOf, type Report } from '../../src/report/html/runs.ts';
import { recognize } from '../../src/report/html/schema.ts';
import { sweepsOf } from '../../src/report/html/sweep.ts';
import { folderOf } from '../cli/cli.ts';
import {
  ARMS,
  benchResult,
  calibration,
  kneeResult,
  loadResult,
  broadcastResult,
  pushResult,
  suiteResult,
  type Shape,
} from './results.ts';

interface Detailed {
  readonly latencyMs: { p999: number | null };
  readonly detail: { tooFew?: string[]; readonly verdict: { name: string } };
}

const SMALL: Shape = { seconds: 2, perSecond: 300 };
const small = (changes: Partial<LoadResult> = {}, shape: Shape = {}): LoadResult =>
  loadResult({ ...SMALL, ...shape }, changes);

/** A page of these results, by file name. */
function page(t: Test, files: Readonly<Record<string, object>>): string {
  const folder = folderOf(t);
  for (const [name, result] of Object.entries(files)) {
    const file = join(folder, `${name}.json`);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, JSON.stringify(result));
  }
  return makeReport(Object.keys(files).map((name) => join(folder, `${name}.json`))).html;
}

function report(results: Readonly<Record<string, object>>): Report {
  const read = Object.entries(results).map(([file, result]) => {
    const found = recognize(JSON.parse(JSON.stringify(result)));
    if (typeof found === 'string') throw new Error(found);
    return { file, found };
  });
  return reportOf({ results: read, leftOut: [], environment: undefined });
}

/** The text between two tags, without tags. */
function sectionOf(html: string, id: string): string {
  const from = html.indexOf(`<section id="${id}"`);
  return from === -1 ? '' : html.slice(from, html.indexOf('</section>', from));
}

/** A page is too long to be shown where a test fails. */
function has(t: Test, text: string, words: string, name = words): void {
  t.ok(text.includes(words), name, { words });
}

function hasNot(t: Test, text: string, words: string, name = `no ${words}`): void {
  t.notOk(text.includes(words), name, { words });
}

t.test('runs are called as their files are', async (t) => {
  const cases: [string[], string[]][] = [
    [['a.json'], ['a']],
    [
      ['x/a.json', 'x/b.json'],
      ['a', 'b'],
    ],
    [
      ['x/a.json', 'y/a.json', 'y/b.json'],
      ['x/a', 'y/a', 'b'],
    ],
    [
      ['a.json', 'x/a.json'],
      ['a', 'x/a'],
    ],
    [
      ['all.json', 'all.json', 'b.json'],
      ['all #1', 'all #2', 'b'],
    ],
    [['./x/a.JSON'], ['a']],
  ];
  for (const [files, wanted] of cases) t.same(namesOf(files), wanted, files.join(' '));
});

t.test('repeats are runs that were asked the same, with a number in their name', async (t) => {
  const names = ['s-1', 's-2', 's-3', 't-1', 't-2', 'other'];
  const { runs } = report(Object.fromEntries(names.map((name) => [`${name}.json`, small()])));
  const grouped = groupsOf(runs).map((group) => [group.name, group.runs.length]);
  t.same(grouped, [
    ['s', 3],
    ['t-1', 1],
    ['t-2', 1],
    ['other', 1],
  ]);
  const rates = [1000, 2000, 3000];
  const sweep = report(
    Object.fromEntries(
      rates.map((rate) => [
        `r-${rate}.json`,
        small({ offeredPerSecond: rate, ratePerSecond: rate }),
      ]),
    ),
  );
  t.equal(groupsOf(sweep.runs).length, 3, 'other rates are no repeats');
  t.equal(sweepsOf(sweep.runs, [])[0].points.length, 3, 'but a sweep');
  t.same(sweepsOf(runs, []), [], 'and one rate is none');
  const near = [1000, 1010, 1040];
  const close = report(
    Object.fromEntries(near.map((rate) => [`r-${rate}.json`, small({ offeredPerSecond: rate })])),
  );
  t.equal(groupsOf(close.runs).length, 3, 'however near');
  t.equal(sweepsOf(close.runs, [])[0].points.length, 3);
  const stages = [
    { durationMs: 0, rateHz: 0 },
    { durationMs: 2000, rateHz: 1000 },
  ];
  const staged = report(
    Object.fromEntries(
      near.map((rate) => [`r-${rate}.json`, small({ offeredPerSecond: rate, stages })]),
    ),
  );
  t.equal(groupsOf(staged.runs).length, 1, 'stages are the same, whatever came due by them');
  t.same(sweepsOf(staged.runs, []), []);
  t.match(
    answerOf(report({ a: small({ stages }) })).asked,
    'on a schedule (open loop, by stages: 0/s, in 2000 ms to 1000/s) for',
  );
});

t.test('the answer in a sentence', async (t) => {
  const noisy = { verdict: { name: 'NOISY_MACHINE', evidence: 'x' } } as const;
  const closed: Shape = { closed: true };
  const cases: [string, Record<string, object>, RegExp][] = [
    ['one load', { a: small() }, /^300\/s answered\. Half of the answers took at most /],
    ['one closed load', { a: small({}, closed) }, /took, from being sent, at most/],
    ['failures', { a: small({ failedTotal: 6 }) }, / 6 requests failed \(1%\)\.$/],
    [
      'nothing',
      { a: small({ answered: 0, failedTotal: 600 }) },
      /^Nothing was answered: 600 requests sent, 600 failed/,
    ],
    [
      'a knee',
      { a: kneeResult() },
      /^42,000\/s is the highest that keeps it: a little more missed it\./,
    ],
    [
      'no knee',
      { a: kneeResult({ kneePerSecond: 0, limit: 'least', atKnee: null }) },
      /^None that was tried/,
    ],
    ['a knee on a noisy machine', { a: kneeResult({ limit: 'noise' }) }, /lower bound/],
    [
      'same rate',
      { a: small({}, { p50Us: 50 }), b: small({}, { p50Us: 90 }) },
      /least with a .* most with b .* chance is not known/,
    ],
    [
      'closed loops',
      { a: small({ ratePerSecond: 5 }, closed), b: small({ ratePerSecond: 9 }, closed) },
      /^Most was answered by b/,
    ],
    [
      'open and closed',
      { a: small(), b: small({}, closed) },
      /^They measure different things \(open loop, closed loop/,
    ],
    [
      'events',
      { a: pushResult({ seconds: 2, perSecond: 300 }) },
      /^300\/s delivered\. Half of the events were on their way for at most .* 6 events missed/,
    ],
    [
      'events without a time',
      {
        a: pushResult(
          { seconds: 2, perSecond: 300 },
          { service: loadResult({ seconds: 0 }).service, failedTotal: 0 },
        ),
      },
      /^300\/s delivered\. No event said when it left: how long they took is not known\.$/,
    ],
    [
      'two servers of events',
      { a: pushResult({ seconds: 2, p50Us: 50 }), b: pushResult({ seconds: 2, p50Us: 90 }) },
      /^99% of events arrived soonest with a .* latest with b .* Some events were missed by a and b\.$/,
    ],
    [
      'broadcasts',
      { a: broadcastResult({ seconds: 2, perSecond: 300 }) },
      /^300\/s delivered\. Half of the messages took, from being due, at most .* 6 messages missing/,
    ],
    [
      'two servers of broadcasts',
      { a: broadcastResult({ seconds: 2, p50Us: 50 }), b: broadcastResult({ seconds: 2 }) },
      /^99% of messages arrived soonest with a .* Some messages were missed by a and b\.$/,
    ],
    [
      'events and requests',
      { a: pushResult({ seconds: 2 }), b: small() },
      /^They measure different things/,
    ],
    ['no ranking', { a: small(), b: small(noisy) }, /^No ranking: 1 of 2 .*\(NOISY_MACHINE: b\)/],
    ['no ranking at all', { a: small(noisy), b: small(noisy) }, /\(all NOISY_MACHINE\)/],
    ['ended early', { a: small(), b: small({ interrupted: true }) }, /ended early: b/],
    [
      'rates',
      { a: small(), b: small({ offeredPerSecond: 900, ratePerSecond: 500, scheduled: 1800 }) },
      /^The highest rate that was reached: 300\/s \(a\)/,
    ],
    ['a bench', { a: benchResult() }, /^Take sharded thread: 120,000 messages\/s\. From 20 µs on/],
    ['a suite', { a: suiteResult(ARMS) }, /^1 of 2 claims holds\. One verdict is not sure/],
    ['a calibration', { a: calibration() }, /^At 2 of 3 percentiles the truth/],
  ];
  for (const [name, results, wanted] of cases)
    t.match(answerOf(report(results)).answer, wanted, name);
  const repeats = (p50Us: number) => (i: number) =>
    small({}, { seed: i, p50Us: p50Us * (1 + i / 100), seconds: 4 });
  const many = (name: string, make: (i: number) => object) =>
    [1, 2, 3, 4, 5].map((i) => [`${name}-${i}.json`, make(i)] as const);
  const apart = Object.fromEntries([...many('a', repeats(50)), ...many('b', repeats(90))]);
  t.match(answerOf(report(apart)).answer, /a \(.*median of 5 runs\).* intervals lie apart/);
  const together = Object.fromEntries([...many('a', repeats(50)), ...many('b', repeats(50))]);
  t.match(answerOf(report(together)).answer, /overlap: no difference is shown/);
});

t.test('every caveat stands beside the figures that it touches', async (t) => {
  const all = ['percentiles', 'time'];
  const cases: [string, Partial<LoadResult>, Shape, string, string[]][] = [
    ['closed loop', {}, { closed: true }, 'Service time only', all],
    [
      'client',
      { verdict: { name: 'CLIENT_BOUND', evidence: 'e1' } },
      {},
      'CLIENT_BOUND: the client was the limit',
      [...all, 'cpu'],
    ],
    [
      'noise',
      { verdict: { name: 'NOISY_MACHINE', evidence: 'e2' } },
      {},
      'NOISY_MACHINE: others used',
      [...all, 'cpu'],
    ],
    [
      'unclear',
      { verdict: { name: 'UNCLEAR', evidence: 'e3' } },
      {},
      'UNCLEAR: whose limit',
      [...all, 'cpu'],
    ],
    ['not steady', { steady: false }, {}, 'Not steady', all],
    ['unknown', { steady: null }, {}, 'Steady or not: not known', ['time']],
    [
      'warm-up',
      { warmup: { durationMs: 1, steady: false } },
      {},
      'The warm-up was not steady',
      ['time'],
    ],
    ['interrupted', { interrupted: true }, {}, 'Ended early', [...all, 'cpu']],
    [
      'gave up',
      { interrupted: true, gaveUp: 'it threw' },
      {},
      'Ended early (it threw)',
      [...all, 'cpu'],
    ],
    [
      'unasked',
      { connects: { opened: 9, failed: 0, lost: 3, broken: 2 } },
      {},
      'The server sent what nothing had asked for',
      all,
    ],
    ['failed', { failedTotal: 7 }, {}, '(7 requests failed', all],
    ['unsent', { unsent: 9 }, {}, 'Requests were never sent: it flatters (9 of 600 due', all],
    [
      'in flight',
      { inFlight: 3 },
      {},
      'Requests without an answer are missing (3 requests)',
      ['percentiles'],
    ],
    ['too few', {}, {}, 'fewer than ten answers beyond', ['percentiles']],
  ];
  for (const [name, changes, shape, words, figures] of cases) {
    const html = page(t, { run: small(changes, shape) });
    for (const figure of ['percentiles', 'time', 'cpu']) {
      const caveats = /<ul class="touches"[\s\S]*?<\/ul>/.exec(sectionOf(html, figure))?.[0] ?? '';
      t.equal(caveats.includes(words), figures.includes(figure), `${name}: ${figure}`, { caveats });
    }
    const evidence = changes.verdict?.evidence;
    if (evidence !== undefined) has(t, html, `<p>${evidence.toUpperCase()}.</p>`);
  }
  const two = page(t, { a: small({ unsent: 5 }), b: small() });
  has(t, sectionOf(two, 'percentiles'), 'it flatters (a)', 'of several runs it says whose');
  has(t, two, 'the figures flatter (a: 5 of 600 due, 0.83%).', 'and the summary how many');
  has(t, sectionOf(page(t, { a: suiteResult(ARMS) }), 'suite-1'), '1 disturbed run had to be kept');
  const knee = page(t, { a: kneeResult({ limit: 'noise', interrupted: true }) });
  has(t, sectionOf(knee, 'rates'), 'The search was ended early');
  has(t, sectionOf(knee, 'rates'), 'The search ended on a noisy machine');
});

t.test('a bench: what follows, what was left out, and what one should know', async (t) => {
  const one = sectionOf(page(t, { a: benchResult() }), 'suite-1');
  has(t, one, 'Not run: blocking: Mode blocking cannot serve this.');
  has(t, one, 'Nothing is pinned: 2 loops share 2 cores.');
  has(t, one, 'A message is a connection here.');
  hasNot(t, one, 'What follows', 'one group stands in the answer');
  const group = (name: string, choose: string | null) => ({
    group: name,
    choose,
    sentences: [`evidence of ${name}`],
  });
  const groups = [group('64 B', 'single'), group('1 KiB', null)];
  const changes = { complete: false, recommendation: { sure: false, groups, sentences: [] } };
  const several = sectionOf(page(t, { a: benchResult(changes) }), 'suite-1');
  for (const words of ['What follows', 'ahead', 'evidence of 64 B', 'Ended early']) {
    has(t, several, words);
  }
});

t.test('a bench: what was measured, and at a glance which arm is the best', async (t) => {
  const loops = (delayMaxMs: number) => [
    { busyShare: 0.9, delayMaxMs },
    { busyShare: 0.001, delayMaxMs: 999 },
  ];
  const changed = (changes: object, blocks = 5): string => {
    const result = benchResult(changes, blocks) as {
      blocks: { runs: Record<string, { loops?: object[]; result: Detailed }[]> };
    };
    for (const trials of Object.values(result.blocks.runs)) {
      trials.forEach((trial, i) => {
        if (i > 0) trial.loops = loops(7);
        trial.result.latencyMs.p999 = 6;
        trial.result.detail.tooFew = ['p999'];
        if (i === 0) trial.result.detail.verdict.name = 'CLIENT_BOUND';
      });
    }
    return page(t, { a: result });
  };
  const asked = 'echo of 64 bytes over line, 64 connections';
  const html = changed({ asked, plan: { quick: false } });
  has(t, html, `Measured: ${asked}.`, 'under the title');
  has(t, html, 'Made by patterns report of a.json, and of nothing else');
  const section = sectionOf(html, 'suite-1');
  const glance = /At a glance[\s\S]*?<\/table>/.exec(section)![0];
  const rows = [...glance.matchAll(/<th scope="row">.*?<\/svg>([^<]*)</g)].map(([, name]) => name);
  t.equal(rows.length, 3);
  t.equal(rows[2], 'single', 'the best first');
  for (const words of ['longest loop delay', '7.00 ms', '6.00 ms&#8239;†', 'server 4, client 1']) {
    has(t, glance.replaceAll('\u00A0', ' '), words);
  }
  hasNot(t, glance, '999', 'a loop that only supervises has none');
  has(t, section, 'Messages a second: more is better');
  has(t, section, 'Latency, p50: less is better');
  has(t, section, 'the bracket its 95');
  has(t, section, '1 disturbed run had to be kept');
  const first = sectionOf(changed({ plan: { quick: true } }, 1), 'suite-1');
  has(t, first, '1 disturbed run, which a first look does not make again');
  hasNot(t, first, 'bracket', 'what is not drawn is not explained');
  hasNot(t, first, 'upright line');
});

t.test('disturbed runs: of some arms, or of each', async (t) => {
  const result = benchResult() as {
    blocks: { runs: Record<string, { foreignCores: number }[]> };
  };
  has(t, page(t, { a: result }), '1 disturbed run had to be kept, some of each arm: a quiet');
  for (const [arm, trials] of Object.entries(result.blocks.runs)) {
    for (const trial of trials) if (arm !== 'single') trial.foreignCores = 0;
  }
  has(t, page(t, { a: result }), 'had to be kept (single): do not hold it against the rest');
});

t.test('of rates against latency only what is drawn is said', async (t) => {
  const at = (rate: number) => small({ offeredPerSecond: rate, ratePerSecond: rate });
  const two = sectionOf(page(t, { a: at(200), b: at(400) }), 'rates');
  hasNot(t, two, 'shaded', 'loads at two rates have no knee');
  hasNot(t, two, 'grows');
  hasNot(t, two, 'cross', 'both kept their rate');
  hasNot(t, two, 'missed');
  const late = { offeredPerSecond: 900, ratePerSecond: 300, scheduled: 1800 };
  has(t, sectionOf(page(t, { a: at(200), b: small(late) }), 'rates'), 'A cross is a load');
  has(t, two, 'latency: less is better');
  has(t, sectionOf(page(t, { a: kneeResult() }), 'rates'), 'The shaded part begins at');
  const most = kneeResult({ missedPerSecond: null, limit: 'most' });
  hasNot(t, sectionOf(page(t, { a: most }), 'rates'), 'shaded');
});

t.test('an arm that was lost is not counted among the runs', async (t) => {
  const result = benchResult() as { blocks: { runs: Record<string, object[]> } };
  result.blocks.runs.lost = [];
  const html = page(t, { a: result });
  has(t, html, '3 arms, 5 runs each');
});

t.test('a page has the figures that its results can give', async (t) => {
  const ids = (html: string) => [...html.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
  const foundation = ['account', 'environment'];
  const cases: [string, Record<string, object>, string[]][] = [
    ['one load', { a: small() }, ['percentiles', 'cpu', 'time', ...foundation]],
    ['no server in sight', { a: small({ server: null }) }, ['percentiles', 'time', ...foundation]],
    [
      'nothing answered',
      { a: small({ answered: 0, response: loadResult({ seconds: 0 }).response, seconds: [] }) },
      ['cpu', ...foundation],
    ],
    [
      'two rates',
      { a: small(), b: small({ offeredPerSecond: 900 }) },
      ['percentiles', 'rates', 'cpu', 'time', 'runs', ...foundation],
    ],
    ['events', { a: pushResult() }, ['percentiles', 'cpu', 'time', ...foundation]],
    [
      'events without a time',
      {
        a: pushResult(
          {},
          {
            service: loadResult({ seconds: 0 }).service,
            push: { gaps: 2, repeated: 0, resumed: 3, unstamped: 16_000 },
          },
        ),
      },
      ['cpu', ...foundation],
    ],
    [
      'two servers of events',
      { a: pushResult(), b: pushResult({ p50Us: 90 }) },
      ['percentiles', 'cpu', 'time', 'runs', ...foundation],
    ],
    ['broadcasts', { a: broadcastResult() }, ['percentiles', 'cpu', 'time', ...foundation]],
    ['a knee', { a: kneeResult() }, ['rates', 'percentiles', 'cpu', 'time', ...foundation]],
    ['no knee', { a: kneeResult({ atKnee: null }) }, ['rates']],
    ['a suite', { a: suiteResult(ARMS) }, ['suite-1', 'environment']],
    ['a bench', { a: benchResult() }, ['suite-1', 'environment']],
    ['a calibration', { a: calibration() }, ['calibration']],
    [
      'of everything',
      { a: small(), b: suiteResult(ARMS), c: calibration() },
      ['percentiles', 'cpu', 'time', 'suite-1', 'calibration', ...foundation],
    ],
  ];
  for (const [name, results, wanted] of cases) {
    const html = page(t, results);
    t.same(ids(html), wanted, name);
    const body = html.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '');
    t.notMatch(body, /NaN|undefined|\[object|Infinity/, `${name}: every figure is one`);
    for (const image of body.match(/<svg [^>]*role="img"[^>]*>/g) ?? []) {
      t.match(image, /aria-label="[^"]{30,}"/, `${name}: every image has words`);
    }
  }
});

t.test('events have words of their own', async (t) => {
  const pages = {
    one: page(t, { a: pushResult() }),
    two: page(t, { a: pushResult(), b: pushResult({ p50Us: 90 }) }),
    broadcasts: page(t, { a: broadcastResult() }),
  };
  for (const [name, html] of Object.entries(pages)) {
    const text = html.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '').replaceAll(/<[^>]+>/g, ' ');
    t.notMatch(text, /closed loop|open loop|\brequests?\b|\banswer(?:s|ed)?\b|\bsent, /i, name);
    t.match(text, /Published = delivered \+ missed/);
    t.match(text, /delivery/);
    if (name !== 'broadcasts') t.match(text, /difference of their clocks/);
  }
});

t.test('a suite of which requests failed says how, by its arms', async (t) => {
  const suite = suiteResult(ARMS) as {
    blocks: { runs: Record<string, { result: { errors: number; detail: object } }[]> };
  };
  hasNot(t, sectionOf(page(t, { a: suite }), 'suite-1'), 'failed, in all runs');
  const [first, second] = suite.blocks.runs.single;
  first.result.errors = 5;
  first.result.detail = { ...first.result.detail, failed: { timeout: 3, reset: 2, refused: 0 } };
  second.result.errors = 1;
  second.result.detail = { ...second.result.detail, failed: { timeout: 1 } };
  suite.blocks.runs['sharded thread'][0].result.errors = 4; // of a client that says no more
  const section = sectionOf(page(t, { a: suite }), 'suite-1');
  has(t, section, 'failed, in all runs');
  has(t, section, '>6 (4 no answer in time, 2 connection broken)<');
  has(t, section, '>4<');
  has(t, section, '10 requests failed, in 3 of 15 runs');
});

t.test('repeated and more than can be drawn', async (t) => {
  const runs = Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => ['abcdefghijk'[i], small({}, { seed: i })]),
  );
  const html = page(t, runs);
  has(t, sectionOf(html, 'percentiles'), 'Drawn are 8 of 11; the table has all.');
  has(t, sectionOf(html, 'percentiles'), 'k, response');
  t.equal(sectionOf(html, 'time').match(/<figcaption>/g)?.length, 8);
  const repeated = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [`s-${i}`, small({}, { seed: i, p50Us: 50 + i * 10 })]),
  );
  const again = page(t, repeated);
  has(t, sectionOf(again, 'percentiles'), 'Of repeated runs the middle one by p99 is drawn.');
  has(t, sectionOf(again, 'runs'), 's, median of 6');
  has(t, sectionOf(again, 'runs'), 'class="bracket"');
});

t.test('what a name slips in stays a name', async (t) => {
  const evil = `"><script>window.pwned=1</script><img src=x onerror="window.pwned=2">'--></style>`;
  const environment = { ...small().environment, cpu: evil, node: evil };
  const hostile = small({
    target: evil,
    protocol: evil,
    environment,
    verdict: { name: 'UNCLEAR', evidence: evil },
    problems: [{ problem: evil, count: 2 }],
    failed: { ...small().failed, [evil]: 3 },
    failedTotal: 3,
    thresholds: [{ threshold: `p99<5ms${evil}`, passed: false, actual: 1 }],
  } as Partial<LoadResult>);
  const suite = suiteResult({ [evil]: ARMS.single }) as { question: string };
  const html = page(t, {
    [`<b onclick=1>&${'x'.repeat(90)}`]: hostile,
    knee: kneeResult({ target: evil, slo: [evil] }),
    suite: { ...suite, question: evil, suite: evil, environment: { [evil]: evil } },
  });
  hasNot(t, html, '<script>window', 'no script of its own');
  hasNot(t, html, '<img', 'no element of its own');
  const bare = html.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '').replaceAll(/"[^"]*"/g, '""');
  t.equal(/<[^>]*\son\w+=/.test(bare), false, 'no handler in a tag');
  hasNot(t, html, '<b onclick');
  has(t, html, '&quot;&gt;&lt;script&gt;');
  t.equal(html.match(/<\/script>/g)?.length, html.match(/<script[ >]/g)?.length);
});

t.test('the page is one file, and says so itself', async (t) => {
  const html = page(t, { a: small() });
  t.match(html.slice(0, 40), /^<!doctype html>\n<html lang="en">/);
  has(t, html, 'default-src &#39;none&#39;');
  has(t, html, 'Permission is hereby granted', "uPlot's license goes along");
  const own = html.replace(/<script>\/\*! uPlot[\s\S]*<\/script>/, '');
  t.equal(/(?:src|href)="(?!#|data:)/.exec(own)?.[0], undefined, 'nothing is asked for');
  t.equal(/url\((?!#)/.exec(own)?.[0], undefined);
  t.equal(html, page(t, { a: small() }), 'the same results give the same page');
  const ids = [...own.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  t.equal(new Set(ids).size, ids.length, 'ids are unique');
  hasNot(
    t,
    page(t, { a: suiteResult(ARMS) }),
    'uPlot',
    'without a figure to zoom there is none of it',
  );
});
