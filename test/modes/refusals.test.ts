/** What is refused, before anything is left running: by which error, and in which words. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import type { PatternsError } from '../../src/errors.ts';
import { modeNames, modes } from '../../src/modes/index.ts';
import type { Mode } from '../../src/modes/mode.ts';
import { line } from '../../src/protocols/line.ts';
import { serve, type ServeOptions } from '../../src/serve.ts';
import { forEveryMode, handlerUrl, type Combo } from './support/combos.ts';
import { until } from './support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'patterns-refusals-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** A handler's module with that source. */
function moduleOf(name: string, source: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, source);
  return pathToFileURL(path);
}

/** The processes that this one started and did not wait for. */
function children(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
}

/** What would keep this process alive. */
function left(): string {
  const kept = process
    .getActiveResourcesInfo()
    .filter((what) => /Server|Process|Worker|Message/.test(what));
  return [...kept, ...children()].join(' ');
}

const bad = { missing: new URL(`file://${folder}/missing.mjs`) } as Record<string, URL>;
const sources: Record<string, string> = {
  syntax: 'export default {',
  throws: 'throw new TypeError("while it loads")',
  none: 'export const handler = { message() {} };',
  shape: 'export default { mesage() {} };',
  both: 'export default { message() {}, socket() {} };',
  notFunction: 'export default { message: 3 };',
  protocol: 'export default { protocol: "line", message() {} };',
  concurrency: 'export default { concurrency: 0, message() {} };',
  stateless: 'export default { stateless: true, message() {}, open() {} };',
};
for (const [name, source] of Object.entries(sources)) bad[name] = moduleOf(name, source);

const messages: Record<string, RegExp> = {
  missing: /There is no handler at .*missing\.mjs/,
  syntax: /does not load: SyntaxError/,
  throws: /does not load: TypeError: while it loads/,
  none: /has no default export \(it exports handler\)/,
  shape: /must have either message\(\) or socket\(\), and has neither/,
  both: /and has both/,
  notFunction: /has message as 3; it must be a function/,
  protocol: /has a protocol that is "line", not a Protocol/,
  concurrency: /has concurrency 0; it must be a whole number/,
  stateless: /is stateless, .* remove open\(\) or stateless/,
};

t.test('handlers that are none, in every mode', async (t) => {
  await forEveryMode(t, { jobs: 1 }, async (t, combo) => {
    const { mode, unit } = combo;
    const before = left();
    for (const [name, handler] of Object.entries(bad)) {
      const expected = { code: 'PATTERNS_HANDLER', name: 'HandlerError', message: messages[name] };
      await t.rejects(serve({ mode, unit, handler, ...workers(combo) }), expected, name);
    }
    const broken = handlerUrl('contract', '?throw-at-start');
    const failed = {
      code: 'PATTERNS_HANDLER',
      message: /start\(\) failed: RangeError: start threw/,
    };
    await t.rejects(
      serve({ mode, unit, handler: broken, ...workers(combo) }),
      failed,
      'start() throws',
    );
    const twice = { code: 'PATTERNS_HANDLER', message: /brings its own, line; leave it out/ };
    const both = { handler: handlerUrl('contract'), protocol: 'resp' } as const;
    await t.rejects(serve({ mode, unit, ...both, ...workers(combo) }), twice, 'two protocols');
    await until(() => left() === before, `nothing is left behind: ${left()}`);
    t.pass('nothing is left behind');
  });
});

// The thread that fails ends the others in the middle of their start; had that crashed the process, this file fails.
t.test('a start that fails while other workers load, in every mode with threads', async (t) => {
  const unless = ({ unit }: Combo) =>
    unit === 'process' ? 'a process is ended by a signal, wherever it is' : undefined;
  await forEveryMode(t, { jobs: 1, needs: ['workers'], unless }, async (t, { mode, unit }) => {
    const handler = handlerUrl('contract', '?throw-at-start');
    for (let i = 0; i < 2; i += 1)
      await t.rejects(serve({ mode, unit, handler, workers: 8 }), /start threw/);
  });
});

function workers({ definition }: Combo): { workers?: number } {
  return definition.capabilities.includes('workers') ? { workers: 2 } : {};
}

t.test('options', async (t) => {
  const cases: Array<[object, RegExp]> = [
    [{ prot: 1 }, /There is no option prot\. Did you mean "port"\?/],
    [
      { limits: { inflight: 1 } },
      /There is no option limits\.inflight\. Did you mean "inFlight"\?/,
    ],
    [{ zzz: 1 }, /There is no option zzz\.$/],
    [{ port: '80' }, /port is "80"; it must be a number/],
    [{ port: 65_536 }, /port is 65536; it must be 65535 or less/],
    [{ port: 1.5 }, /port is 1\.5; it must be a whole number/],
    [{ port: Number.NaN }, /port is NaN; it must be a number/],
    [{ workers: 0, mode: 'sharded' }, /workers is 0; it must be 1 or more/],
    [{ mode: 'shraded' }, /mode is "shraded"; it must be one of .*\. Did you mean "sharded"\?/],
    [{ mode: 'toString' }, /mode is "toString"; it must be one of/],
    [{ mode: 'pooled', balance: 'rnd' }, /balance is "rnd"; it must be one of .*random/],
    [{ unit: 'threads' }, /unit is "threads"; .* Did you mean "thread"\?/],
    [{ host: '' }, /host is ""; it must be not empty/],
    [{ unix: '/x', port: 1 }, /unix excludes host and port/],
    [{ nagle: 'yes' }, /nagle is "yes"; it must be a boolean/],
    [{ limits: { inFlight: 0 } }, /limits\.inFlight is 0; it must be 1 or more/],
    [{ limits: 3 }, /limits is 3; it must be an object/],
    [{ readPath: 'slow' }, /readPath is "slow"; it must be one of auto, fast, fallback/],
    [{ protocol: 'lines' }, /protocol is "lines"; it must be one of .* Did you mean "line"\?/],
    [{ drainTimeoutMs: -1 }, /drainTimeoutMs is -1; it must be 0 or more/],
    [{ handler: 'compute:fast' }, /takes a number of us .*":fast" was given/],
    [{ handler: 'echo:1' }, /handler echo takes no argument/],
  ];
  for (const [options, message] of cases) {
    await t.rejects(
      serve({ handler: 'echo', ...options }),
      { code: 'PATTERNS_OPTION', name: 'OptionError', message },
      String(message),
    );
  }
  for (const handler of [undefined, 3, null]) {
    const rejected = serve({ handler } as unknown as ServeOptions);
    await t.rejects(rejected, { code: 'PATTERNS_HANDLER' }, `handler ${handler}`);
  }
});

/** What asks for each capability, as far as options do. */
const asks = {
  'memory-handler': { handler: { message: (input: unknown) => input } },
  unix: { unix: '/nowhere/x.sock' },
  balance: { balance: 'random' },
  workers: { workers: 2 },
  'idle-timeout': { limits: { idleTimeoutMs: 1000 } },
  pushes: { handler: handlerUrl('contract', '?pushes') },
  'socket-handler': { handler: handlerUrl('socket') },
  'unframed-protocol': { handler: handlerUrl('tiny', '?raw') },
  'raw-protocol': { handler: 'echo' },
} as const;

/** Seen when the handler is loaded, where a mode runs. */
const ofHandlers = new Set(['pushes', 'socket-handler', 'unframed-protocol', 'raw-protocol']);

t.test('what a mode cannot do names the modes that can', async (t) => {
  for (const mode of modeNames) {
    const definition: Mode = modes[mode];
    const { capabilities, units } = definition;
    const away = await definition.unavailable?.(units[0], undefined);
    for (const [capability, ask] of Object.entries(asks)) {
      if ((capabilities as readonly string[]).includes(capability)) continue;
      if (away !== undefined && ofHandlers.has(capability)) continue; // it is refused for that first
      const error = await serve({ mode, handler: 'echo', ...ask }).then(
        (server) => server.close().then(() => undefined),
        (thrown: PatternsError & { modes: string[] }) => thrown,
      );
      t.equal(error?.code, 'PATTERNS_MODE', `${mode}: ${capability}`);
      // None of these handlers speaks http, so `native` is never one of them.
      const able = modeNames.filter((name) =>
        ['raw-protocol', capability].every((need) =>
          (modes[name].capabilities as readonly string[]).includes(need),
        ),
      );
      t.strictSame(error?.modes, able);
      for (const name of able) t.match(error?.message, name);
    }
  }
});

t.test('the modes named can do all that the handler and the options need', async (t) => {
  const pushes = moduleOf('pushes', `export default { pushes: true, message() {} };`);
  const cases: Array<[Omit<ServeOptions, 'handler'>, RegExp]> = [
    [
      { mode: 'blocking' },
      /the handler pushes\. Modes that can: single, pooled, dispatched, shared, sharded\.$/,
    ],
    [
      { mode: 'native' },
      /Mode native cannot serve this: the protocol is bytes, and not http\. Modes that can: single, pooled, dispatched, shared, sharded\.$/,
    ],
    [{ mode: 'native', unix: '/nowhere/x.sock' }, /: single, pooled, dispatched, shared\.$/],
    [{ mode: 'single', workers: 2 }, /: pooled, dispatched, shared, sharded\.$/],
    [
      { mode: 'blocking', balance: 'random', workers: 2 },
      /the handler pushes\. Modes that can: pooled\.$/,
    ],
    [{ mode: 'dispatched', unit: 'process' }, /: pooled, shared, sharded\.$/],
  ];
  for (const [options, message] of cases) {
    await t.rejects(
      serve({ handler: pushes, ...options }),
      { code: 'PATTERNS_MODE', message },
      JSON.stringify(options),
    );
  }
});

t.test('a handler that does not parse: where, and what may be written', async (t) => {
  const write = (name: string, source: string): URL => {
    writeFileSync(join(folder, name), source);
    return pathToFileURL(join(folder, name));
  };
  const cases: Array<[URL, RegExp]> = [
    [
      write('enum.ts', 'export {};\nenum A { B }\n'),
      /enum\.ts:2:1: enum A \{ B \}\. .*only erasable syntax/,
    ],
    [write('open.ts', 'export default {\n  message( {\n};\n'), /open\.ts:3:2: \};/],
    [write('open.mjs', 'export default {\n  message( {\n};\n'), /open\.mjs:3:2: \};/],
  ];
  for (const [handler, message] of cases) {
    for (const mode of ['single', 'sharded'] as const) {
      await t.rejects(
        serve({ handler, mode }),
        { code: 'PATTERNS_HANDLER', message },
        `${mode} ${handler.href}`,
      );
    }
  }
});

t.test('units', async (t) => {
  for (const mode of modeNames) {
    const { units }: Mode = modes[mode];
    for (const unit of ['thread', 'process'] as const) {
      if (units.includes(unit)) continue;
      await t.rejects(
        serve({ mode, unit, handler: 'echo' }),
        {
          code: 'PATTERNS_MODE',
          modes: modeNames.filter(
            (name) => name !== 'native' && modes[name].units.includes(unit), // echo speaks no http
          ),
        },
        `${mode} by ${unit}`,
      );
    }
  }
});

t.test('protocols that cannot be sent to a worker', async (t) => {
  const own = { ...line(), name: 'mine' };
  await t.rejects(serve({ handler: 'echo', mode: 'sharded', protocol: own }), {
    code: 'PATTERNS_OPTION',
    message: /protocol "mine" is your own: .* let the handler's module bring it/,
  });
  const server = await serve({ handler: { message: (text) => text }, protocol: own });
  await server.close();
});
