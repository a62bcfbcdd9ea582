/** `patterns serve --watch`. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Client, folderOf, logOf, run, start, type Cli } from './cli.ts';

const LINE = new URL('../../src/protocols/line.ts', import.meta.url).href;
const answering = (word: string) => `import { line } from '${LINE}';
import { more } from './lib/more.ts';
export default { protocol: line(), message: (text) => '${word} ' + text + more };\n`;

function handlerOf(t: Test): { folder: string; file: string; args: string[] } {
  const folder = folderOf(t, { 'handler.ts': answering('one') });
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib/more.ts'), "export const more = '';\n");
  const file = join(folder, 'handler.ts');
  return { folder, file, args: ['serve', file, '--watch', '--port=0'] };
}

async function ask(t: Test, cli: Cli, starts: number): Promise<string | undefined> {
  const client = new Client(t, { port: await cli.port(starts), host: '127.0.0.1' });
  return client.ask('hi');
}

/** The server's own pid, from the log of its stop. */
function childOf(err: string): number {
  return Number(logOf(err).find(({ msg }) => /stopping; what is in flight/.test(String(msg)))?.pid);
}

t.test('edit, break, mend', async (t) => {
  const { folder, file, args } = handlerOf(t);
  const cli = start(t, args);
  t.equal(await ask(t, cli, 1), 'one hi');

  writeFileSync(file, answering('two'));
  t.equal(await ask(t, cli, 2), 'two hi', 'an edit');
  t.match(cli.err, 'handler.ts changed: handler.ts starts again');

  writeFileSync(join(folder, 'lib/new.ts'), "export const more = '!';\n");
  await cli.says('err', /lib\/new\.ts changed/);
  await cli.port(3);
  renameSync(join(folder, 'lib/new.ts'), join(folder, 'lib/more.ts'));
  t.equal(await ask(t, cli, 4), 'two hi!', 'a rename, below it');

  writeFileSync(file, 'export default {');
  await cli.says('err', /patterns: The handler .* does not load: SyntaxError/);
  await cli.says('err', /the server ended with code 1; watching .* for a change/);
  writeFileSync(file, answering('three'));
  t.equal(await ask(t, cli, 5), 'three hi!', 'mended');

  cli.kill('SIGINT');
  const { code, out } = await cli.end();
  t.equal(code, 0);
  t.match(out, /^(?:listening tcp:\/\/127\.0\.0\.1:\d+ mode=single\n){5}$/);
});

t.test('a handler that is broken from the start', async (t) => {
  const { file, args } = handlerOf(t);
  writeFileSync(file, 'export const handler = 1;');
  const cli = start(t, args);
  await cli.says('err', /no default export/);
  await cli.says('err', /watching .* for a change/);
  writeFileSync(file, answering('one'));
  t.equal(await ask(t, cli, 1), 'one hi');
  cli.kill('SIGTERM');
  t.equal((await cli.end()).code, 0);
});

t.test('what is no module of its own starts nothing again', async (t) => {
  const { folder, args } = handlerOf(t);
  const cli = start(t, args);
  await cli.port();
  for (const name of ['node_modules', '.git']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'x.ts'), '');
  }
  writeFileSync(join(folder, 'app.log'), 'written by the handler\n');
  writeFileSync(join(folder, '.handler.ts.swp'), '');
  await sleep(500);
  t.equal(logOf(cli.err).filter(({ msg }) => /changed/.test(String(msg))).length, 0);
  cli.kill('SIGTERM');
  t.equal((await cli.end()).code, 0);
});

t.test('a child that a second signal forces', async (t) => {
  const { file, args } = handlerOf(t);
  writeFileSync(
    file,
    `import { line } from '${LINE}';
    export default { protocol: line(), message() { console.error('got it'); return new Promise(() => {}); } };`,
  );
  const cli = start(t, args);
  const client = new Client(t, { port: await cli.port(), host: '127.0.0.1' });
  client.send('hi');
  await cli.says('err', /got it/);
  cli.kill('SIGINT');
  await cli.says('err', /SIGTERM: stopping/);
  await sleep(60);
  cli.kill('SIGINT');
  t.match(await cli.end(), { code: 1, err: /stopped by force/ });
});

t.test('the child goes with a parent that was killed', async (t) => {
  const { args } = handlerOf(t);
  const cli = start(t, args);
  const port = await cli.port();
  cli.kill('SIGKILL');
  await cli.says('err', /the parent is gone: stopping/);
  await cli.ended; // its output is the child's too
  t.ok(childOf(cli.err) > 0);
  t.equal(await new Client(t, { port, host: '127.0.0.1' }).ask('hi'), undefined);
});

t.test('wrong options end it', async (t) => {
  const { args } = handlerOf(t);
  const wrong = await run([...args, '--mode=shraded']);
  t.match(wrong, { code: 2, err: /--mode is "shraded".*Did you mean "sharded"\?/ });
  const missing = await run(['serve', '/nowhere/at/all.ts', '--watch']);
  t.match(missing, { code: 1, err: /no handler at \/nowhere\/at\/all\.ts/ });
});
