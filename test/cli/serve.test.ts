/** What `patterns serve` prints, and serves. */
import { join } from 'node:path';
import t from 'tap';
import { modeNames, modes } from '../../src/modes/index.ts';
import type { UnitName } from '../../src/options.ts';
import { Client, folderOf, logOf, mapTwo, run, start, type Cli } from './cli.ts';

const LINE = new URL('../../src/protocols/line.ts', import.meta.url).href;

/** Says on standard output whatever it can. */
const LOUD = `import { line } from '${LINE}';
console.log('loaded');
export default {
  protocol: line(),
  start({ data }) { console.log('started'); process.stdout.write('raw\\n'); this.data = data; },
  message(text) { console.log('message'); return text === 'data' ? JSON.stringify(this.data) : text; },
};`;

interface Way {
  readonly mode: string;
  readonly unit: UnitName | undefined;
}

async function ways(): Promise<Way[]> {
  const all: Way[] = [];
  for (const mode of modeNames) {
    const { units, capabilities } = modes[mode];
    if (!capabilities.includes('raw-protocol')) continue; // its handler speaks lines
    for (const unit of units.length === 0 ? [undefined] : units)
      if ((await modes[mode].unavailable?.(unit, undefined)) === undefined)
        all.push({ mode, unit });
  }
  return all;
}

t.test('one line on standard output, whatever the handler prints', async (t) => {
  const file = join(folderOf(t, { 'loud.ts': LOUD }), 'loud.ts');
  await mapTwo(await ways(), async ({ mode, unit }) => {
    const name = unit === undefined ? mode : `${mode} by ${unit}`;
    const more = mode === 'single' ? [] : ['--workers=2'];
    if (unit !== undefined) more.push(`--unit=${unit}`);
    const cli = start(t, [
      'serve',
      file,
      `--mode=${mode}`,
      '--port=0',
      '--data={"a":[1]}',
      ...more,
    ]);
    const port = await cli.port();
    const client = new Client(t, { port, host: '127.0.0.1' });
    t.equal(await client.ask('hello'), 'hello', `${name} serves`);
    t.equal(await client.ask('data'), '{"a":[1]}', '--data comes to start()');
    client.end();
    await client.line();
    cli.kill('SIGTERM');
    const { code, out, err } = await cli.end();
    t.equal(code, 0, 'and ends', { err });
    const units = unit === undefined ? '' : ` unit=${unit} workers=2`;
    t.equal(out, `listening tcp://127.0.0.1:${port} mode=${mode}${units}\n`);
    for (const word of ['loaded', 'started', 'raw', 'message'])
      t.match(err, new RegExp(`^${word}$`, 'm'));
    const stats = logOf(err).find((line) => 'stats' in line)?.stats as { workers: object[] };
    t.match(stats, { mode, address: `tcp://127.0.0.1:${port}` }, 'the log has its stats');
    const messages = stats.workers.map((worker) => (worker as { messages: number }).messages);
    t.equal(
      messages.reduce((a, b) => a + b, 0),
      2,
      'with the messages counted',
    );
  });
});

t.test('hello', async (t) => {
  const web = start(t, ['serve', 'hello', '--protocol=http', '--port=0']);
  const url = `http://127.0.0.1:${await web.port()}/`;
  const response = await fetch(url);
  t.equal(response.headers.get('content-type'), 'text/plain');
  t.equal(await response.text(), 'hello');
  const lines = start(t, ['serve', 'hello', '--protocol=line', '--port=0']);
  t.equal(await new Client(t, { port: await lines.port(), host: '127.0.0.1' }).ask('hi'), 'hello');
});

t.test('a Unix socket', async (t) => {
  const path = join(folderOf(t), 'x.sock');
  const cli = start(t, ['serve', 'echo', `--unix=${path}`, '--mode=shared', '--workers=2']);
  await cli.says('out', /\n/);
  t.equal(cli.out, `listening unix:${path} mode=shared unit=process workers=2\n`);
  t.equal(await new Client(t, { path }).ask('hi'), 'hi');
});

t.test('limits and deadlines are passed on', async (t) => {
  const args = ['serve', 'echo', '--port=0', '--protocol=line', '--nagle', '--backlog=16'];
  const one = start(t, [...args, '--max-connections=1', '--message-limit=1KiB']);
  const impatient = start(t, [...args, '--idle-timeout=300ms', '--read-path=fallback']);
  const at = async (cli: Cli) => new Client(t, { port: await cli.port(), host: '127.0.0.1' });

  const first = await at(one);
  t.equal(await first.ask('hi'), 'hi');
  t.equal(await (await at(one)).ask('hi'), undefined, '--max-connections');
  t.not(await first.ask('x'.repeat(2000)), 'x'.repeat(2000), '--message-limit');
  t.equal(await (await at(impatient)).line(), undefined, '--idle-timeout');
});

t.test('port 7000 by default', async (t) => {
  const cli = start(t, ['serve', 'echo']);
  const { code, err } = await Promise.race([
    cli
      .says('out', /^listening tcp:\/\/127\.0\.0\.1:7000 mode=single$/m)
      .then(() => ({ code: 0, err: '' })),
    cli.end(),
  ]);
  if (code === 0) t.pass('it listens there');
  else t.match(err, /tcp:\/\/127\.0\.0\.1:7000: the port is in use/, 'it tried');
});

t.test('standard input that is closed', async (t) => {
  const cli = start(t, ['serve', 'echo', '--port=0'], {
    through: ['sh', '-c', 'exec "$@" <&-', 'sh'],
  });
  const port = await cli.port();
  t.equal(await new Client(t, { port, host: '127.0.0.1' }).ask('hi'), 'hi');
});

t.test('help and version', async (t) => {
  const help = await run(['--help']);
  t.equal(help.code, 0);
  for (const word of ['serve', 'load', 'report', 'modes', 'doctor', 'Examples:'])
    t.match(help.out, word);
  const serve = await run(['serve', '--help']);
  t.equal(serve.code, 0);
  for (const word of [...modeNames, 'least-connections', 'resp', 'Examples:', 'SIGTERM'])
    t.match(serve.out, word);
  for (const line of (help.out + serve.out).split('\n'))
    t.ok(line.length <= 80, `fits a terminal: ${line}`);
  t.equal((await run(['help', 'serve'])).out, serve.out);
  t.match(await run(['--version']), { code: 0, out: /^\d+\.\d+\.\d+\n$/, err: '' });
});
