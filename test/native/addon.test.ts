/** Where uWebSockets.js is looked for, and what is said where it cannot be had. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { explain, loadAddon, PACKAGE, type Machine } from '../../src/modes/native/addon.ts';
import { mode } from '../../src/modes/native.ts';
import { serve } from '../../src/serve.ts';

const root = mkdtempSync(join(tmpdir(), 'patterns-addon-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));

const here: Machine = {
  platform: 'linux',
  arch: 'x64',
  abi: '127',
  node: '22.23.3',
  glibc: '2.36',
};

/** A package of that name, whose entry is `source`, with empty files beside it. Returns a module's URL beside it. */
function project(name: string, source: string, files: readonly string[] = []): string {
  const folder = join(root, name, 'node_modules', PACKAGE);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"version":"1.2.3","main":"uws.js"}');
  writeFileSync(join(folder, 'uws.js'), source);
  for (const file of files) writeFileSync(join(folder, file), '');
  return pathToFileURL(join(root, name, 'handler.mjs')).href;
}

const folderOf = (name: string) => join(root, name, 'node_modules', PACKAGE);

t.test('why it does not load', async (t) => {
  project('fits', '', ['uws_linux_x64_127.node', 'uws_linux_x64_147.node']);
  project('old', '', [
    'uws_linux_x64_108.node.js',
    'uws_linux_x64_999.node',
    'uws_darwin_x64_127.node',
  ]);
  const glibc =
    "Error: libc.so.6: version `GLIBC_2.9' not found\nlibm.so.6: version `GLIBC_2.38' not found";
  const cases: Array<[string, string, string, Partial<Machine>, RegExp]> = [
    [
      'a glibc that is too old',
      'fits',
      glibc,
      {},
      /^uWebSockets\.js 1\.2\.3 needs glibc 2\.38, and this machine has 2\.36; run npm install .*, which needs glibc 2\.27$/,
    ],
    [
      'no glibc',
      'fits',
      'Error: no such file',
      { glibc: undefined },
      /needs glibc, and this Linux has another C library \(musl, say\)/,
    ],
    [
      'no binary for this Node',
      'old',
      "Cannot find module './uws_linux_x64_127.node'",
      {},
      /has no binary for linux x64 and Node 22\.23\.3 \(ABI 127\); there it has them for Node 18, ABI 999; run npm install/,
    ],
    [
      'no binary for this platform',
      'old',
      "Cannot find module './uws_aix_ppc64_127.node'",
      { platform: 'aix', arch: 'ppc64', glibc: undefined },
      /has no binary for aix ppc64 .*; it has none for aix ppc64; run npm install/,
    ],
    [
      'the binary of another Node is installed',
      'fits',
      "supports only Node\n\nError: Cannot find module '@uwsjs/linux-x64-22'\nRequire stack:\n- x",
      {},
      /the binary of uWebSockets\.js 1\.2\.3 for Node 22\.23\.3, @uwsjs\/linux-x64-22, is not installed: .* run npm install @uwsjs\/linux-x64-22@1\.2\.3$/,
    ],
    [
      'anything else',
      'fits',
      'This version\n\nError: file too short\n',
      {},
      /^uWebSockets\.js 1\.2\.3 does not load: Error: file too short$/,
    ],
  ];
  for (const [what, name, error, machine, expected] of cases) {
    t.match(explain(error, folderOf(name), '1.2.3', { ...here, ...machine }), expected, what);
  }
});

t.test('where it is looked for', async (t) => {
  const file = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  const names = (who: string) => project(who, `throw new Error('that of ${who}')`, [file]);
  const handler = names('handler');
  names('cwd');
  const before = process.cwd();
  t.teardown(() => process.chdir(before));
  t.match(loadAddon(handler).why, /that of handler$/, 'from the handler');
  process.chdir(join(root, 'cwd'));
  t.match(loadAddon(handler).why, /that of handler$/, 'which goes before the working directory');
  const elsewhere = pathToFileURL(join(root, 'elsewhere', 'handler.mjs')).href;
  t.match(loadAddon(elsewhere).why, /that of cwd$/, 'then from there');
  t.match(loadAddon('').why, /that of cwd$/, 'also for a built-in handler');
  t.match(
    await mode.unavailable!('process', undefined, handler),
    /^uWebSockets\.js 1\.2\.3 does not load: .*that of handler$/,
    'the mode says so',
  );
  await t.rejects(serve({ handler: new URL(handler), mode: 'native' }), {
    code: 'PATTERNS_MODE',
    message: /^Mode native cannot run here: .* that of handler\. Modes that can: single, /,
  });
  t.notOk('UWS_HTTP_MAX_HEADERS_SIZE' in process.env, 'the environment is as it was');
});

t.test('an addon that loads', async (t) => {
  const limit = 'exports.limit = process.env.UWS_HTTP_MAX_HEADERS_SIZE;';
  const addon = loadAddon(project('loads', limit));
  t.match(addon, { version: '1.2.3', uws: { limit: '16384' } }, 'with a head as long as ours');
});

t.test('where it is not', async (t) => {
  const before = process.cwd();
  t.teardown(() => process.chdir(before));
  mkdirSync(join(root, 'empty'));
  process.chdir(join(root, 'empty'));
  const { why } = loadAddon(undefined);
  if (why === undefined) return t.pass('this checkout has it');
  const error = await serve({ handler: 'hello', protocol: 'http', mode: 'native' }).then(
    async (server) => {
      await server.close();
      throw new Error('it serves');
    },
    (thrown: Error) => thrown,
  );
  t.match(error, { name: 'ModeError', code: 'PATTERNS_MODE' });
  t.ok(error.message.includes(why));
  t.match(error.message, /uWebSockets\.js is not installed; run npm install uWebSockets\.js@npm:/);
  t.match(error.message, /Modes that can: single, /);
});
