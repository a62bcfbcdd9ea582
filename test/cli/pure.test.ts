/** The parts of the command line that are functions. */
import t from 'tap';
import type { OptionError } from '../../src/errors.ts';
import { readOptions } from '../../src/options.ts';
import type { ServeOptions } from '../../src/serve.ts';
import { Burst } from '../../src/cli/burst.ts';
import { cpuQuota } from '../../src/cli/probe-machine.ts';
import { checkKernel } from '../../src/cli/probe-kernel.ts';
import { inFlags, readFlags } from '../../src/cli/flags.ts';
import { refusal } from '../../src/cli/node-version.ts';
import { columns, hang, table, wrap } from '../../src/cli/text.ts';
import { formatBytes, formatMs, parseBytes, parseMs } from '../../src/cli/units.ts';

t.test('how wide a terminal is, where it says so', async (t) => {
  t.equal(columns({ columns: 60 }), 60);
  t.equal(columns({ columns: 300 }), 100, 'no wider than one reads');
  t.equal(columns({ columns: 0 }), 80, 'nobody gave it a size');
  t.equal(columns({}), 80, 'no terminal');
});

t.test('a Node that is too old', async (t) => {
  for (const version of ['22.19.0', '22.20.1', '23.0.0', '26.10.0'])
    t.equal(refusal(version, '>=22.19', ['serve', 'echo']), undefined, version);
  for (const version of ['20.20.2', '22.18.9', '22.9.0', '9.0.0'])
    t.match(
      refusal(version, '>=22.19', ['serve', 'echo']),
      `This is Node ${version}, and Node 22.19`,
    );
  for (const words of [
    ['doctor'],
    ['doctor', '--json'],
    ['--help'],
    ['serve', '--help'],
    ['--version'],
    [],
  ])
    t.equal(refusal('20.20.2', '>=22.19', words), undefined, words.join(' '));
});

t.test('sizes', async (t) => {
  const cases: Array<[string, number | undefined]> = [
    ['0', 0],
    ['65536', 65_536],
    ['64KiB', 65_536],
    ['64kib', 65_536],
    ['1MiB', 1_048_576],
    ['0.5 MiB', 524_288],
    ['2GiB', 2 ** 31],
    ['10B', 10],
    ['64kB', undefined],
    ['64k', undefined],
    ['0.3B', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
  ];
  for (const [text, bytes] of cases) t.equal(parseBytes(text), bytes, JSON.stringify(text));
});

t.test('durations', async (t) => {
  const cases: Array<[string, number | undefined]> = [
    ['0', 0],
    ['250', 250],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['.3s', 300],
    ['.s', undefined],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['30sec', undefined],
    ['soon', undefined],
    ['-1s', undefined],
  ];
  for (const [text, ms] of cases) t.equal(parseMs(text), ms, JSON.stringify(text));
});

t.test('what is formatted parses again', async (t) => {
  for (const bytes of [0, 1, 1000, 1024, 65_536, 1_048_576, 2 ** 30])
    t.equal(parseBytes(formatBytes(bytes)), bytes, formatBytes(bytes));
  for (const ms of [0, 1, 999, 1000, 30_000, 120_000, 3_600_000, 90_000])
    t.equal(parseMs(formatMs(ms)), ms, formatMs(ms));
});

t.test('a burst is told by its kinds, then by its counts', async (t) => {
  const burst = new Burst();
  t.equal(
    burst.take(() => 'a'),
    true,
  );
  for (let i = 0; i < 50; i += 1)
    t.equal(
      burst.take(() => 'a'),
      false,
    );
  t.equal(
    burst.take(() => 'b'),
    true,
    'another kind is told in full',
  );
  t.same(burst.tick(), { counted: 50, quiet: false });
  t.equal(
    burst.take(() => 'a'),
    false,
    'while it goes on, the first stays the first',
  );
  t.same(burst.tick(), { counted: 1, quiet: false });
  t.same(burst.tick(), { counted: 0, quiet: true });
  t.equal(
    burst.take(() => 'a'),
    true,
    'after a quiet second it is news again',
  );
  for (let i = 0; i < 20; i += 1) burst.take(() => `kind ${i}`);
  t.equal(burst.tick().counted, 13, 'kinds are bounded');
  burst.tick();
  let looks = 0;
  for (let i = 0; i < 1000; i += 1)
    burst.take(() => {
      looks += 1;
      return 'same';
    });
  t.ok(looks <= 100, 'and so are looks');
});

t.test('text', async (t) => {
  t.same(wrap('one two three', 7), ['one two', 'three']);
  t.same(wrap('incomprehensibilities', 5), ['incomprehensibilities']);
  t.equal(hang('  a: ', 'one two', 9), '  a: one\n     two');
  t.equal(table([['a', 'one two', 'x']], [2, 4, 1]), 'a   one   x\n    two');
});

t.test('CPU quotas of both cgroup versions', async (t) => {
  const reader = (files: Record<string, string>) => (path: string) => files[path];
  t.equal(cpuQuota(reader({})), undefined, 'no cgroups');
  t.equal(
    cpuQuota(reader({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' })),
    undefined,
  );
  const v2 = {
    '/proc/self/cgroup': '0::/a/b\n',
    '/sys/fs/cgroup/a/b/cpu.max': '300000 100000\n',
    '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
  };
  t.equal(cpuQuota(reader(v2)), 1.5, 'the least on the way up');
  const v1 = {
    '/proc/self/cgroup': '4:cpu,cpuacct:/docker/x\n0::/\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  };
  t.equal(cpuQuota(reader(v1)), 0.5, 'in a container the path is not there, the root is');
});

t.test("the kernel's limits are judged", async (t) => {
  const cases: Array<[string, string, string]> = [
    ['net/core/somaxconn', '4096', 'ok'],
    ['net/core/somaxconn', '128', 'note'],
    ['net/ipv4/tcp_max_syn_backlog', '128', 'note'],
    ['net/ipv4/tcp_migrate_req', '1', 'ok'],
    ['net/ipv4/tcp_migrate_req', '0', 'note'],
    ['net/ipv4/ip_local_port_range', '32768\t60999', 'ok'],
    ['net/ipv4/ip_local_port_range', '40000\t45000', 'note'],
    ['net/ipv4/tcp_tw_reuse', '2', 'ok'],
    ['net/ipv4/tcp_tw_reuse', '0', 'note'],
    ['fs/nr_open', '1048576', 'ok'],
    ['fs/file-max', '10000', 'note'],
  ];
  for (const [path, value, status] of cases) {
    const checks = checkKernel((asked) =>
      asked === `/proc/sys/${path}` ? `${value}\n` : undefined,
    );
    t.equal(checks.length, 1, path);
    t.match(checks[0], { status, value: value.replace('\t', ' ') }, `${path} = ${value}`);
    if (status === 'note') t.match(checks[0].change, /^sysctl -w \S+=("1024 65535"|\d+)$/);
  }
});

t.test('each flag that is misread says its own name, and what it takes', async (t) => {
  const misread: Record<string, [string, RegExp]> = {
    workers: ['two', /^--workers is "two"; it must be a whole number\.$/],
    port: ['-1', /^--port is "-1"; .* whole number/],
    backlog: ['1e3', /^--backlog is "1e3"; .* whole number/],
    maxConnections: ['many', /^--max-connections is "many"; .* whole number/],
    maxInFlight: ['1.5', /^--max-in-flight is "1\.5"; .* whole number/],
    sendLimit: ['64kB', /^--send-limit is "64kB"; .* 64KiB/],
    messageLimit: ['big', /^--message-limit is "big"; .* 1MiB/],
    workerHeap: ['1GiB', /^--worker-heap is "1GiB"; .* whole number/],
    idleTimeout: ['soon', /^--idle-timeout is "soon"; .* 30s/],
    drainTimeout: ['', /^--drain-timeout is ""; .* 500ms/],
    protocol: ['lien', /^--protocol is "lien"; it must be one of bytes, line.*Did you mean "line"/],
    data: ['{', /^--data is not JSON: /],
  };
  for (const [name, [text, message]] of Object.entries(misread))
    t.throws(() => readFlags('echo', { [name]: text }), { name: 'OptionError', message }, name);
});

t.test('each flag that is out of range is named as it was given', async (t) => {
  const wrong: Record<string, [string, RegExp]> = {
    workers: ['0', /^--workers is 0; it must be 1 or more\.$/],
    unit: ['proces', /^--unit is "proces"; .*Did you mean "process"\?$/],
    balance: ['randm', /^--balance is "randm"; .*Did you mean "random"\?$/],
    port: ['65536', /^--port is 65536; it must be 65535 or less\.$/],
    host: ['', /^--host is "";/],
    backlog: ['0', /^--backlog is 0;/],
    maxConnections: ['0', /^--max-connections is 0;/],
    maxInFlight: ['0', /^--max-in-flight is 0;/],
    sendLimit: ['0', /^--send-limit is 0;/],
    messageLimit: ['0B', /^--message-limit is 0;/],
    workerHeap: ['8', /^--worker-heap is 8; it must be 16 or more/],
    idleTimeout: ['9999h', /^--idle-timeout is 35996400000; it must be 2147483647 or less/],
    drainTimeout: ['9999h', /^--drain-timeout is 35996400000;/],
    readPath: ['quick', /^--read-path is "quick"; it must be one of auto, fast, fallback/],
  };
  for (const [name, [text, message]] of Object.entries(wrong)) {
    const { handler, ...options } = readFlags('echo', { [name]: text });
    t.equal(handler, 'echo');
    t.throws(() => readInFlags(options), { name: 'OptionError', message }, name);
  }
});

t.test('flags become options', async (t) => {
  const given = {
    mode: 'pooled',
    unit: 'thread',
    workers: '3',
    balance: 'random',
    protocol: 'line',
    host: '::1',
    nagle: true,
    backlog: '9',
    maxConnections: '10',
    maxInFlight: '11',
    sendLimit: '64KiB',
    messageLimit: '2MiB',
    workerHeap: '512',
    idleTimeout: '0',
    drainTimeout: '2m',
    data: 'null',
    readPath: 'fallback',
    logLevel: 'debug',
  };
  t.same(readFlags('./h.ts', given), {
    handler: './h.ts',
    mode: 'pooled',
    unit: 'thread',
    workers: 3,
    balance: 'random',
    protocol: 'line',
    host: '::1',
    port: 7000,
    nagle: true,
    backlog: 9,
    drainTimeoutMs: 120_000,
    data: null,
    readPath: 'fallback',
    limits: {
      connections: 10,
      inFlight: 11,
      sendLimitBytes: 65_536,
      messageLimitBytes: 2_097_152,
      workerHeapMiB: 512,
      idleTimeoutMs: 0,
    },
  });
  t.same(readFlags('echo', { unix: '/x' }), { handler: 'echo', unix: '/x', limits: {} });
});

/** As serve() reads them, in the words of the command line. */
function readInFlags(options: Partial<ServeOptions>): void {
  const { protocol: _, data: __, ...rest } = options;
  try {
    readOptions(rest);
  } catch (error) {
    throw inFlags(error as OptionError);
  }
}
