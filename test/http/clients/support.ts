/** What the tests against other people's clients share: a server in each mode, and programs that are run to their end. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Server } from '../../../src/serve.ts';
import type { ModeName } from '../../../src/modes/index.ts';
import { forEveryMode, serveWith, WORKERS } from '../../modes/support/combos.ts';
import { host, skip as noPair, WAYS } from '../../native/support.ts';

const HANDLER = new URL('../handlers/routes.ts', import.meta.url);
export const TIMEOUT_SECONDS = 60;
/** A mode with a thread to a connection needs as many threads as the tools have connections. */
export const CONNECTIONS = 4;
const THREADS = CONNECTIONS + WORKERS;

const folder = mkdtempSync(join(tmpdir(), 'patterns-clients-'));
t.teardown(() => rmSync(folder, { recursive: true }));
t.setTimeout(600_000);

/** Writes a file for a client, and gives its path. */
export function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** A server of ours, in this process or in another. */
export interface Served {
  readonly url: string;
  readonly server: Pick<Server, 'stats' | 'close'>;
  readonly mode: ModeName;
}

/** A subtest in each mode; in `native` on the Node that loads it. */
export async function forEveryServer(
  t: Test,
  test: (t: Test, served: Served) => Promise<void>,
): Promise<void> {
  await forEveryMode(t, {}, async (t, combo) => {
    const server = await serveWith(t, combo, {
      handler: HANDLER,
      ...(combo.mode === 'blocking' ? { workers: THREADS } : {}),
    });
    const { port } = server.address as { port: number };
    await test(t, { server, url: urlOf(port), mode: combo.mode });
  });
  for (const { name, ...way } of WAYS) {
    void t.test(`native on its own Node, ${name}`, { skip: noPair, buffered: true }, async (t) => {
      const server = await host(t, { handler: HANDLER, ...way });
      await test(t, { server, url: urlOf(server.port), mode: 'native' });
    });
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function run(program: string, args: readonly string[]): Promise<Ran> {
  const child = spawn(program, args, {
    timeout: TIMEOUT_SECONDS * 1000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([latin1(child.stdout), latin1(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}

async function latin1(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('latin1');
  let text = '';
  for await (const piece of stream) text += piece as string;
  return text;
}

/** Why a program cannot be run; false where it can. */
export function missing(program: string): string | false {
  return spawnSync(program, ['--version']).error !== undefined && `${program} is not installed`;
}

/**
 * A subtest against a server in each mode, unless there is a reason to skip it. `refused`: so many errors of its own
 * making the server counts.
 */
export function against(
  program: string,
  refused: number,
  test: (t: Test, url: string, mode: ModeName) => Promise<void>,
  skip: string | false = missing(program),
): void {
  void t.test(program, { skip }, async (t) => {
    await forEveryServer(t, async (t, { mode, server, url }) => {
      await test(t, url, mode);
      t.equal(await errorsOf(server), refused, 'errors that the server counted');
      await server.close();
    });
  });
}

export async function errorsOf(server: Served['server']): Promise<number> {
  const { workers } = await server.stats();
  return workers.reduce((sum, { errors, restarts }) => sum + errors + restarts, 0);
}
