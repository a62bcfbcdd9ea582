/** What the README says of the examples, the options and the modes is so. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { modeNames, modes } from '../../src/modes/index.ts';
import type { Capability, Mode } from '../../src/modes/mode.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, readOptions } from '../../src/options.ts';
import { protocolNames } from '../../src/protocols/index.ts';
import { serve } from '../../src/serve.ts';
import { EventClient } from '../http/event-client.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');

/** The cells of every row whose first cell is `name` in code. */
function row(name: string): string[] {
  const line = readme.split('\n').find((text) => text.startsWith(`| \`${name}\` |`));
  return (line ?? '').split('|').map((cell) => cell.trim());
}

const capabilitiesOf = ({ capabilities }: Mode) => capabilities;

t.test('its first handler is examples/echo.ts', async (t) => {
  t.ok(readme.includes(read('examples/echo.ts').replace(/^\/\*\*.*\*\/\n/, '')));
});

t.test('the options are all there, with their defaults', async (t) => {
  const { limits, ...options } = readOptions({});
  for (const [name, value] of Object.entries(options))
    t.ok(row(name)[2]?.includes(String(value)), `${name}: ${String(value)}`);
  for (const [name, value] of Object.entries(limits))
    t.ok(row(`limits.${name}`)[2]?.includes(String(value)), `limits.${name}: ${value}`);
  t.match(row('limits.idleTimeoutMs')[2], String(DEFAULT_IDLE_TIMEOUT_MS));
});

t.test('the modes are all there, with what they take', async (t) => {
  const takes: Record<string, Capability> = {
    'socket handlers': 'socket-handler',
    'handlers that push': 'pushes',
    'a handler given as an object': 'memory-handler',
    'idle timeout': 'idle-timeout',
    'Unix sockets': 'unix',
  };
  for (const name of modeNames) t.ok(row(name).length > 1, name);
  for (const [words, capability] of Object.entries(takes)) {
    const line = readme.split('\n').find((text) => text.startsWith(`| ${words}`))!;
    const said = line.split('|').slice(2, -1);
    const so = modeNames.map((name) => capabilitiesOf(modes[name]).includes(capability));
    t.same(
      said.map((cell) => cell.trim().startsWith('yes')),
      so,
      words,
    );
  }
});

t.test('the protocols are all there', async (t) => {
  for (const name of protocolNames) t.ok(row(name).length > 1, name);
});

t.test('its channel of events runs as it is there', async (t) => {
  const code = [...readme.matchAll(/```ts\n([^]*?)```/g)]
    .map(([, text]) => text)
    .find((text) => text.includes('eventChannel('))!;
  const folder = mkdtempSync(join(tmpdir(), 'patterns-readme-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const index = new URL('../../src/index.ts', import.meta.url).href;
  const file = join(folder, 'news.ts');
  writeFileSync(file, code.replace("'patterns-runtime'", `'${index}'`));
  const server = await serve({ handler: pathToFileURL(file), mode: 'sharded', workers: 2 });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  const clients = await Promise.all(
    Array.from({ length: 4 }, () => EventClient.connect(server, '/news')),
  );
  const url = `${server.url.replace('tcp:', 'http:')}/news`;
  const { status } = await fetch(url, { method: 'POST', body: 'hello' });
  t.equal(status, 202);
  for (const client of clients) t.match(await client.untilEvents(1), [{ data: 'hello' }]);
  t.same(await server.close(), { forced: false });
  for (const client of clients) await client.untilEnd();
});

t.test('its links lead somewhere', async (t) => {
  for (const file of ['README.md', 'native-notes/README.md']) {
    for (const [, link] of read(file).matchAll(/\]\(([^)]+)\)/g)) {
      const from = new URL(`../../${file}`, import.meta.url);
      t.ok(existsSync(new URL(link, from)), link);
    }
  }
});
