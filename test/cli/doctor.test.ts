/** `patterns modes` and `patterns doctor`, against what the machine says itself. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import t from 'tap';
import type { Check } from '../../src/cli/check.ts';
import type { ModeRow } from '../../src/cli/modes.ts';
import { modeNames, modes, probeMachine, type ModeName } from '../../src/modes/index.ts';
import { run } from './cli.ts';

async function doctor(...through: string[]) {
  const { code, out, err } = await run(['doctor', '--json'], { through });
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
  const named = (name: string) => {
    const check = checks.find((one) => one.name === name);
    if (check === undefined) throw new Error(`no check ${name}`);
    return check;
  };
  return { code, err, ok, checks, named };
}

t.test('modes', async (t) => {
  const { code, out, err } = await run(['modes', '--json']);
  t.equal(code, 0);
  t.equal(err, '');
  const rows = JSON.parse(out) as ModeRow[];
  t.same(
    rows.map(({ name }) => name),
    modeNames,
  );
  for (const row of rows) {
    const mode = modes[row.name as ModeName];
    const { summary, accepts, reads, executes, units } = mode;
    t.match(row, { summary, accepts, reads, executes });
    const expected = await Promise.all(
      (units.length === 0 ? [undefined] : units).map(async (unit) => ({
        unit: unit ?? null,
        reason: (await mode.unavailable?.(unit, undefined)) ?? null,
      })),
    );
    t.same(row.units, expected, row.name);
    t.equal(
      row.available,
      expected.some(({ reason }) => reason === null),
    );
  }
  const text = await run(['modes']);
  t.equal(text.code, 0);
  for (const name of modeNames) t.match(text.out, new RegExp(`^${name} `, 'm'));
  for (const line of text.out.split('\n')) t.ok(line.length <= 80, line);
});

t.test('doctor', async (t) => {
  const { code, err, ok, checks, named } = await doctor();
  t.equal(err, '');
  t.equal(ok, !checks.some(({ status }) => status === 'problem'));
  t.equal(code, ok ? 0 : 1);
  for (const { name, value, status, means } of checks) {
    t.ok(value.length > 0, `${name}: ${value}`);
    t.ok(['ok', 'note', 'problem'].includes(status));
    t.type(means, 'string');
  }
  for (const { name, change } of checks.filter(
    ({ status, group }) => status !== 'ok' && group !== 'Modes',
  ))
    t.type(change, 'string', `${name} can be changed`);

  const machine = await probeMachine();
  t.match(named('version'), { value: process.version, status: 'ok' });
  const abilities = {
    SO_REUSEPORT: machine.reusePort,
    'sockets across threads': machine.movableSockets,
    'fast read path': machine.accept && machine.onread,
    'bound handles': machine.bind,
    'type stripping': process.features.typescript !== false,
  };
  for (const [name, has] of Object.entries(abilities))
    t.match(named(name), { value: has ? 'yes' : 'no', status: has ? 'ok' : 'note' });
  for (const name of modeNames) t.equal(named(name).group, 'Modes');
  t.match(named('cores').value, new RegExp(`^${availableParallelism()} of `));
});

const notLinux = process.platform !== 'linux' && 'there is no /proc here';

t.test('doctor reads what the kernel says', { skip: notLinux }, async (t) => {
  const { named } = await doctor();
  for (const name of [
    'net.core.somaxconn',
    'net.ipv4.tcp_max_syn_backlog',
    'net.ipv4.tcp_migrate_req',
    'net.ipv4.ip_local_port_range',
    'net.ipv4.tcp_tw_reuse',
    'fs.nr_open',
    'fs.file-max',
  ]) {
    const said = readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8');
    t.equal(named(name).value, said.trim().replaceAll(/\s+/g, ' '), name);
  }
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits)!;
  t.equal(named('open files').value, `${soft} (hard limit ${hard})`);
});

t.test('doctor sees the limits of its shell', { skip: notLinux }, async (t) => {
  const few = await doctor('sh', '-c', 'ulimit -n 600; exec "$@"', 'sh');
  t.match(few.named('open files'), { value: '600 (hard limit 600)', status: 'problem' });
  t.equal(few.ok, false);
  t.equal(few.code, 1, 'a problem is an exit code');
  const some = await doctor('sh', '-c', 'ulimit -n 4000; exec "$@"', 'sh');
  t.match(some.named('open files'), { value: '4000 (hard limit 4000)', status: 'note' });
  const raised = await doctor('sh', '-c', 'ulimit -Sn 512; exec "$@"', 'sh');
  t.not(raised.named('open files').value.split(' ')[0], '512', 'Node raises the soft limit');
});

t.test('doctor on a terminal of 80 columns', async (t) => {
  const { out } = await run(['doctor']);
  for (const line of out.split('\n')) t.ok(line.length <= 80, line);
  t.match(out, /^Node\n {2}ok {7}version: v\d/);
  t.match(out, /^\d+ ok, \d+ notes?, \d+ problems?\.$/m);
});
