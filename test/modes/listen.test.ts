/** Addresses, in every mode: which can be had, which are refused, and what is left of them. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import t from 'tap';
import { serve } from '../../src/serve.ts';
import { refusal } from './support/alive.ts';
import { forEveryMode } from './support/combos.ts';
import { contract } from './support/contract.ts';
import { before } from './support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'patterns-listen-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** A Unix socket's file that nobody serves: its server was killed. */
async function leaveStale(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.send('up'))`;
  const child = fork('-e', [script], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await before(once(child, 'message'), 'it listens');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

t.test('Unix sockets', async (t) => {
  let paths = 0;
  await forEveryMode(
    t,
    { needs: ['unix'], readPaths: ['fast', 'fallback'], target: { path: folder } },
    async (t, combo) => {
      paths += 1;
      const path = join(folder, `${paths}.sock`);
      await leaveStale(path);
      t.ok(
        existsSync(path) && (await refusal({ path })) === 'ECONNREFUSED',
        'a file without a server',
      );
      const served = await contract(t, combo, 'open=sync', { unix: path });
      t.equal(served.server.url, `unix:${path}`);
      t.equal(await served.tell('a\nwho\n'), 'a\n true\n', 'is taken over');
      await served.log.has('close client');
      await t.rejects(
        contract(t, combo, '', { unix: path }),
        { code: 'PATTERNS_LISTEN', message: /another server listens there/ },
        'one that is served is not',
      );
      t.equal(await served.tell('b\n'), 'b\n', 'and goes on being served');
      const many = Array.from({ length: 8 }, () => served.tell('a\nlate 10 b\nc\n'));
      t.same(await Promise.all(many), Array(8).fill('a\nb\nc\n'));
      await served.server.close();
      t.notOk(existsSync(path), 'the file goes with the server');
      await t.rejects(
        contract(t, combo, '', { unix: join(folder, 'no', 'such') }),
        { code: 'PATTERNS_LISTEN' },
        'a folder that does not exist',
      );
      await t.rejects(
        contract(t, combo, '', { unix: join(folder, 'x'.repeat(108)) }),
        { code: 'PATTERNS_LISTEN', message: /too long/ },
        'a path that is too long',
      );
    },
  );
});

t.test('ports', async (t) => {
  const foreign = net.createServer().listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  t.teardown(() => foreign.close());
  const taken = (foreign.address() as net.AddressInfo).port;

  await forEveryMode(t, { readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    await t.rejects(
      contract(t, combo, '', { port: taken }),
      { code: 'PATTERNS_LISTEN', message: /the port is in use/ },
      'one that somebody else has',
    );
    const first = await contract(t, combo, '');
    const { port } = first.server.address as { port: number };
    t.ok(port > 0, '0 is a free one');
    const answers = await Promise.all(Array.from({ length: 8 }, () => first.tell('a\n')));
    t.same(answers, Array(8).fill('a\n'), 'the same one for every worker');
    await t.rejects(
      contract(t, combo, '', { port }),
      { code: 'PATTERNS_LISTEN', message: /the port is in use/ },
      'one that another server of ours has, although the kernel would share it',
    );
    t.equal(await first.tell('b\n'), 'b\n', 'which goes on');
    await first.server.close();
    const again = await contract(t, combo, '', { port });
    t.equal(again.server.url, `tcp://127.0.0.1:${port}`, 'and can be had again after it');
    t.equal(await again.tell('c\n'), 'c\n');
    await again.server.close();

    const six = await contract(t, combo, 'open=sync', { host: '::1' });
    t.match(six.server.url, /^tcp:\/\/\[::1\]:\d+$/);
    t.equal(await six.tell('who\n'), '::1 true\n', 'IPv6');
    await six.server.close();
    const named = await contract(t, combo, '', { host: 'localhost' });
    t.match(named.server.url, /^tcp:\/\/(127\.0\.0\.1|\[::1\]):\d+$/, 'a name is resolved');
    t.equal(await named.tell('a\n'), 'a\n');
    await named.server.close();
    await t.rejects(contract(t, combo, '', { host: '203.0.113.1' }), {
      code: 'PATTERNS_LISTEN',
      message: /no such address/,
    });
  });
});

t.test('host names that are none', async (t) => {
  await t.rejects(serve({ handler: 'echo', host: 'nobody.invalid' }), {
    code: 'PATTERNS_OPTION',
    message: /host is "nobody.invalid"/,
  });
});
