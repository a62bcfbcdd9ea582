/** What package.json promises is what the build writes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Manifest {
  readonly bin: Record<string, string>;
  readonly engines: { readonly node: string };
  readonly exports: Record<string, string | Record<string, string>>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;

t.test('every file that exports and bin name comes from a source file', async (t) => {
  const named = Object.values(manifest.exports)
    .flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)))
    .concat(Object.values(manifest.bin));
  for (const path of named) {
    const source = path.replace(/^\.\/dist\/(.*?)(?:\.d\.ts|\.js)$/, './src/$1.ts');
    t.ok(existsSync(new URL(source, root)), `${path} is built from ${source}`);
  }
});

t.test('the command starts with a shebang', async (t) => {
  t.match(read('src/cli/main.ts'), /^#!\/usr\/bin\/env node\n/);
});

t.test('this Node is one that engines allows', async (t) => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  t.equal(manifest.engines.node, '>=22.19');
  t.ok(major > 22 || (major === 22 && minor >= 19), process.version);
});

t.test('the lockfile names no registry', async (t) => {
  t.notMatch(read('package-lock.json'), /"resolved":/);
});

const underTapRun = process.env.TAP_TYPE_STRIP_ONLY !== undefined && 'tap run adds loaders';

t.test('tests and their children run in a plain Node', { skip: underTapRun }, async (t) => {
  t.notMatch(process.execArgv.join(' '), '--import');
  const listeners = execFileSync(process.execPath, ['-p', 'process.listenerCount("SIGTERM")']);
  t.equal(Number(listeners), 0);
});
