/** `patterns load` as a process: what goes where, its exit codes, and what it refuses. */
import { existsSync, readFileSync } from 'node:fs';
import { decodeFromCompressedBase64, HistogramLogReader } from 'hdr-histogram-js';
import t from 'tap';
import type { LoadResult } from '../../src/load/index.ts';
import { mapTwo, run, start } from '../cli/cli.ts';
import { listen, listenEcho } from './servers.ts';

t.jobs = 1;

const quick = ['--warmup=0', '--threads=1', '--connections=4'];

/** The documented keys of `--json`, which stay. */
const KEYS = [
  'target',
  'loop',
  'label',
  'scheduled',
  'unsent',
  'sent',
  'answered',
  'failed',
  'inFlight',
  'durationMs',
  'ratePerSecond',
  'response',
  'service',
  'connect',
  'lag',
  'steady',
  'interrupted',
  'client',
  'server',
  'machine',
  'verdict',
  'environment',
  'seconds',
];
const LATENCY_KEYS = ['p50Us', 'p90Us', 'p95Us', 'p99Us', 'p999Us', 'maxUs', 'histogram'];

t.test('text: the verdict, the account, the latencies', async (t) => {
  const server = await listenEcho(t);
  const { code, err, out } = await run(['load', server.url, ...quick, '--count=200']);
  t.equal(code, 0, err);
  t.match(out, /^tcp:\/\/127\.0\.0\.1:\d+ \(bytes\): closed loop, /);
  t.match(out, /^ {2}(?:SERVER_BOUND|CLIENT_BOUND|NOISY_MACHINE|UNCLEAR): .+client \d+% busy/m);
  t.match(out, '200 sent = 200 answered + 0 failed + 0 in flight');
  t.match(out, /^ {2}service +\d/m);
  t.match(out, /^ {4}at least +\d/m);
  t.match(out, 'Service times only');
  t.notMatch(out, /^ {2}response/m, 'a closed loop has no response times');
  t.notMatch(out + err, /NaN|undefined|\[object/);
});

t.test('json: one object on standard output, with the documented keys', async (t) => {
  const server = await listenEcho(t);
  const args = ['--rate=500', '--duration=400ms', '--json', '--threshold=errors<0.1%'];
  const { code, err, out } = await run(['load', server.url, ...quick, ...args]);
  t.equal(code, 0, err);
  t.equal(out.trim().split('\n').length, 1);
  const result = JSON.parse(out) as Record<string, Record<string, unknown>>;
  for (const key of KEYS) t.ok(Object.hasOwn(result, key), key);
  for (const name of ['response', 'service']) {
    const latency = result[name];
    for (const key of LATENCY_KEYS) t.ok(Object.hasOwn(latency, key), `${name}.${key}`);
    const histogram = decodeFromCompressedBase64(String(latency.histogram));
    t.equal(histogram.totalCount, Number(result.answered));
    const p99Us = histogram.getValueAtPercentile(99) / 1000;
    t.ok(p99Us >= Number(latency.p99Us) * 0.999, 'the histogram says the same');
  }
  t.same(Object.keys(result.failed), [
    'refused',
    'connectTimeout',
    'reset',
    'closedEarly',
    'timeout',
    'wrongAnswer',
    'protocolError',
    'local',
    'badStatus',
    'missed',
  ]);
  t.match(result.verdict, { name: /^[A-Z_]+$/, evidence: /client \d+% busy/ });
  t.match(result.thresholds, [{ threshold: 'errors<0.1%', passed: true, actual: 0 }]);
  t.equal(Number(result.sent), Number(result.answered) + Number(result.inFlight));
});

t.test('files: each format in its own, text on standard output', async (t) => {
  const server = await listenEcho(t);
  const folder = t.testdir({});
  const files = ['json', 'hgrm', 'hlog', 'csv'].map(
    (format) => `--${format}=${folder}/r.${format}`,
  );
  const { code, err, out } = await run([
    'load',
    server.url,
    ...quick,
    '--duration=350ms',
    ...files,
  ]);
  t.equal(code, 0, err);
  t.match(out, /closed loop/);
  const json = JSON.parse(readFileSync(`${folder}/r.json`, 'utf8')) as {
    answered: number;
    environment: { startedAt: string };
  };
  const hgrm = readFileSync(`${folder}/r.hgrm`, 'utf8');
  t.match(hgrm, /^ +Value +Percentile +TotalCount 1\/\(1-Percentile\)/);
  t.match(hgrm, `Total count    =`);
  t.equal(Number(/Total count += +(\d+)/.exec(hgrm)?.[1]), json.answered);
  const hlog = readFileSync(`${folder}/r.hlog`, 'utf8');
  t.match(hlog, /^#\[Histogram log format version 1\.3\]/);
  const reader = new HistogramLogReader(hlog);
  let total = 0;
  for (
    let histogram = reader.nextIntervalHistogram();
    histogram;
    histogram = reader.nextIntervalHistogram()
  ) {
    total += histogram.totalCount;
  }
  t.equal(total, json.answered, 'as another tool reads it');
  t.equal(
    Math.round(reader.startTimeSec),
    Math.round(Date.parse(json.environment.startedAt) / 1000),
  );
  const [head, ...lines] = readFileSync(`${folder}/r.csv`, 'utf8').trim().split('\n');
  t.equal(head, 'fromMs,toMs,sent,answered,failed,p50Us,p99Us,maxUs');
  t.equal(
    lines.reduce((sum, line) => sum + Number(line.split(',')[3]), 0),
    json.answered,
  );
});

t.test('a threshold that is not kept: the result, a sentence, and exit 1', async (t) => {
  const server = await listen(t, (socket) => void socket.on('data', () => socket.end()));
  const args = ['--count=4', '--threshold=errors<0.1%', '--threshold=rate>=0'];
  const { code, err, out } = await run(['load', server.url, ...quick, ...args]);
  t.equal(code, 1);
  t.match(out, /NOT OK {2}errors<0\.1% was not kept: it was 100\.000%/);
  t.match(out, /ok {2}rate>=0 was kept/);
  t.equal(err, 'patterns: errors<0.1% was not kept: it was 100.000%.\n');
});

t.test('nothing answered at all: how all failed, and exit 1; some of it: exit 0', async (t) => {
  let requests = 0;
  const server = await listen(t, (socket) =>
    socket.on('data', () => {
      requests += 1;
      const status = requests > 4 && requests % 2 === 0 ? '200 OK' : '404 Not Found';
      socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    }),
  );
  const url = server.url.replace('tcp:', 'http:');
  const none = await run(['load', `${url}/`, ...quick, '--count=4']);
  t.equal(none.code, 1);
  t.match(none.out, /4 sent = 0 answered \+ 4 failed/);
  t.equal(none.err, 'patterns: Nothing was answered; failed: 4 badStatus.\n');
  const folder = t.testdir({});
  requests = 0;
  const json = `--json=${folder}/none.json`;
  t.equal((await run(['load', `${url}/`, ...quick, '--count=4', json])).code, 1);
  const saved = JSON.parse(readFileSync(`${folder}/none.json`, 'utf8')) as LoadResult;
  const { response, service } = saved;
  for (const latency of [response, service]) {
    t.match(latency, { count: 0, p50Us: null, p99Us: null, maxUs: null });
    t.same(latency.bounds.p99, { leastUs: null, mostUs: null });
  }
  for (const second of saved.seconds) t.equal(second.p99Us, null, 'nor of a second');
  t.equal(saved.failedTotal, 4, 'counts stay');
  const page = await run(['report', `${folder}/none.json`, `--output=${folder}/page.html`]);
  t.same([page.code, page.err], [0, ''], 'a report takes it');
  const some = await run(['load', `${url}/`, ...quick, '--count=40']);
  t.equal(some.code, 0, some.err);
  t.match(some.out, /failed: \d+ badStatus/, 'which a threshold on errors limits');
});

t.test('a payload module that throws: what was measured, a sentence, and exit 1', async (t) => {
  const server = await listenEcho(t);
  const folder = t.testdir({
    'names.mjs': `export default { request(n) { if (n === 7) throw new Error('no name'); return 'x'; } };`,
  });
  const module = `${folder}/names.mjs`;
  const { code, err, out } = await run(['load', server.url, ...quick, `--module=${module}`]);
  t.equal(code, 1);
  t.match(out, /, ended early; 4 connections/);
  t.match(out, '7 sent = 7 answered + 0 failed + 0 in flight');
  t.equal(
    err,
    `patterns: Ended early: The payload module ${module} threw at request(7): no name.\n`,
  );
});

t.test('a server that answers twice: said, and an error to a threshold', async (t) => {
  const server = await listen(t, (socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(Buffer.concat([chunk, chunk])));
  });
  const args = ['--count=20', '--threshold=errors<1%'];
  const { code, out } = await run(['load', server.url, ...quick, ...args]);
  t.equal(code, 1);
  t.match(out, /\d+ lost, \d+ of them for what nothing had asked for/);
  t.match(out, /\d bytes came that no request had asked for/);
});

t.test('a server that resets every connection: not taken for wrong options', async (t) => {
  const server = await listen(t, (socket) => socket.resetAndDestroy());
  const { code, err } = await run(['load', server.url, ...quick, '--count=8']);
  t.equal(code, 1, err);
  t.match(err, /resets every connection at once|Nothing was answered; failed: 8 reset/);
});

t.test('nothing answered, for a reason that no count of failures has', async (t) => {
  const silent = await listen(t, (socket) => void socket.resume());
  const times = ['--warmup=50ms', '--duration=200ms', '--drain=0', '--threads=1'];
  const held = await run(['load', silent.url, ...times]);
  t.equal(held.code, 1);
  t.match(held.out, '64 sent = 0 answered + 0 failed + 64 in flight');
  t.match(held.out, '64 of those sent are of the warm-up');
  t.match(held.err, /^patterns: Nothing was answered\. .* raw bytes .*name it/);
  const hello = await listen(t, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  });
  const events = await run(['load', hello.url.replace('tcp:', 'sse:'), ...times]);
  t.equal(events.code, 1);
  t.match(events.err, 'Nothing was delivered: the answer is of type "", and no event stream.');
});

t.test('a server that goes away in the middle', async (t) => {
  const server = await listenEcho(t);
  const args = ['--warmup=0', '--duration=2s', '--threads=1', '-c4'];
  const cli = start(t, ['load', server.url, ...args]);
  await waitUntil(() => server.connections() === 4);
  await server.close();
  const { code, err, out } = await cli.end();
  t.equal(code, 1, out);
  t.match(
    err,
    /^patterns: (The server went away: nothing was answered in the last|Nothing was answered)/m,
  );
});

t.test('Ctrl-C ends early and still reports', async (t) => {
  const server = await listenEcho(t);
  const cli = start(t, ['load', server.url, ...quick, '--duration=60s', '--json']);
  await waitUntil(() => server.connections() === 4);
  cli.kill('SIGINT');
  const { code, err, out } = await cli.end();
  t.equal(code, 1, 'as whatever is cut short');
  t.match(JSON.parse(out), { interrupted: true });
  t.equal(err, 'patterns: Ended early.\n');
});

t.test('elsewhere than on a terminal: a line every few seconds, on standard error', async (t) => {
  const server = await listenEcho(t);
  const cli = start(t, ['load', server.url, ...quick, '--duration=60s']);
  await cli.says('err', /^measuring \d+\.\d s: [\d,.]+\/s, p50 .+, p99 .+, max .+, 0 failed$/m);
  cli.kill('SIGINT');
  const { code, err, out } = await cli.end();
  t.equal(code, 1);
  t.match(out, 'ended early');
  t.notMatch(err, '\u001B', 'without escape sequences');
});

t.test('the knee, between a rate that is kept and one that is not', async (t) => {
  // One connection and 10 ms an answer: 100 in a second at the very most.
  const server = await listen(
    t,
    (socket) => void socket.on('data', (chunk) => setTimeout(() => socket.write(chunk), 10)),
  );
  const args = [
    '--find-knee',
    '--slo=p50<5s',
    '--connections=1',
    '--threads=1',
    '--rate=20',
    '--duration=500ms',
    '--warmup=0',
    '--drain=20ms',
    '--json',
  ];
  const cli = start(t, ['load', server.url, ...args]);
  await cli.says('err', /20\/s {2}met/);
  await cli.says('err', /missed .*only \d+\.\d% of what was due got done/);
  cli.kill('SIGINT');
  const { code, out } = await cli.end();
  t.equal(code, 1, 'ended early');
  const knee = JSON.parse(out) as {
    kneePerSecond: number;
    trials: Array<{ rateHz: number; met: boolean }>;
  };
  t.ok(knee.kneePerSecond >= 20 && knee.kneePerSecond <= 100, `${knee.kneePerSecond}`);
  t.equal(knee.trials[0].rateHz, 20);
});

t.test('no rate keeps the service level: exit 1', async (t) => {
  const server = await listenEcho(t);
  const args = ['--find-knee', '--slo=rate<0', '--rate=10', '--duration=50ms', '--drain=20ms'];
  const { code, err, out } = await run(['load', server.url, ...quick, ...args, '--json']);
  t.equal(code, 1);
  t.match(err, /^patterns: No rate keeps rate<0: even 10\/s missed it\.$/m);
  t.match(JSON.parse(out), { kneePerSecond: 0, limit: /least|noise|client/, atKnee: null });
});

t.test('what cannot be: one sentence, and exit 2', async (t) => {
  const here = 'tcp://127.0.0.1:1';
  const cases: Array<[string[], RegExp]> = [
    [[], /No target was given/],
    [['nonsense'], /"nonsense" is no target/],
    [['tcp://127.0.0.1'], /is no target; it must be tcp:\/\/host:port/],
    [['gopher://127.0.0.1:70'], /There is no protocol gopher/],
    [[here], /Nothing answers at 127\.0\.0\.1:1: .*ECONNREFUSED/],
    [['unix:/does/not/exist'], /Nothing answers at \/does\/not\/exist: .*ENOENT/],
    [['tcp://does-not-exist.invalid:1'], /The name does-not-exist\.invalid was not found/],
    [[here, '--rate=fast'], /--rate is "fast"; it must be a number/],
    [[here, '--rate=-5'], /--rate is "-5"/],
    [[here, '--rate=0'], /--rate is 0; it must be more than 0/],
    [[here, '--connections=0'], /--connections is 0; it must be 1 or more/],
    [[here, '--duration=soon'], /--duration is "soon"; it must be a time/],
    [[here, '--stages=1000'], /--stages is "1000"; it must be a list/],
    [[here, '--think=5ms', '--rate=5'], /--think belongs to the closed loop/],
    [[here, '--threshold=p99'], /"p99" is no threshold; it must be like 'p99<5ms'/],
    [[here, '--find-knee'], /A knee search needs a service level/],
    [[here, '--slo=p99<5ms'], /--slo belongs to --find-knee/],
    [[here, '--json', '--csv'], /Standard output takes one of --json, --csv/],
    [[here, '--calibrate'], /--calibrate brings its own server/],
    [[here, '--module=/does/not/exist.js'], /The payload module .* does not load/],
    [[here, '--file=/does/not/exist'], /The payload .* cannot be read/],
    [
      [here, '--protocol-options=[1]'],
      /--protocol-options is "\[1\]"; it must be an object in JSON/,
    ],
    [[here, '--protocol-options={"a":1}'], /bytes.* a/],
    [[here, '--arrivals=poisson'], /give --rate or --stages\.$/m],
    [[here, '--calibrate', '--json'], /--calibrate brings its own server/],
    [['--calibrate', '--rate=5'], /--calibrate sets the load itself: leave --rate out/],
    [[here, '--find-knee', '--slo=p99<5ms', '--csv=x.csv'], /--csv is a format of a single load/],
    [[here, '--find-knee', '--slo=p99<5ms', '--threshold=rate>5'], /--find-knee takes --slo/],
    [[here, '--csv=/does/not/exist/x.csv'], /x\.csv cannot be written: ENOENT/],
    [[here, '--csv=/'], /\/ cannot be written: it is a folder/],
    [[here, '--rate=1e12'], /--rate is 1000000000000; it must be 10000000 requests per second or/],
    [
      ['resp://127.0.0.1:1', '--body=SET foo "bar"'],
      /--body is not what .*: a command is a JSON list, such as '\["SET","foo","\\"bar\\""\]'\.$/m,
    ],
    [['resp://127.0.0.1:1', '--body="PING"'], /A command is an array of its name .* got "PING"/],
    [['json-lines://127.0.0.1:1', '--body=hi'], /it must be JSON, .* its quotes: '"hi"'\.$/m],
    [['line://127.0.0.1:1', '--body=a\nb'], /it would be cut at its delimiter "\\n"\.$/m],
    [[here, '--expect=ecco'], /--expect is "ecco"; it must be echo/],
    [[here, '--warm-up=5s'], /There is no option --warm-up/],
  ];
  await mapTwo(cases, async ([args, message]) => {
    const { code, err, out } = await run(['load', ...args]);
    const name = args.join(' ');
    t.equal(code, 2, name);
    t.match(err, message, name);
    t.match(err, /^patterns: [^\n]+\n$/, 'one line');
    t.notMatch(err, /\.\.$/m, 'one full stop');
    t.equal(out, '');
  });
});

t.test('a file that cannot be written', async (t) => {
  const server = await listenEcho(t);
  const { code, err } = await run([
    'load',
    server.url,
    ...quick,
    '--count=4',
    '--csv=/does/not/exist/x.csv',
  ]);
  t.equal(code, 2);
  t.match(err, /^patterns: \/does\/not\/exist\/x\.csv cannot be written/);
  t.notOk(existsSync('/does/not/exist'));
});

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
