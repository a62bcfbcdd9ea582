/** What the tests against other people's clients share: a server in each mode, and programs that are run to their end. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Server } from '../../../src/serve.ts';
import { forEveryMode, serveWith, WORKERS, type Combo } from '../../modes/support/combos.ts';

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

export async function start(t: Test, combo: Combo): Promise<{ server: Server; url: string }> {
  const server = await serveWith(t, combo, {
    handler: new URL('../handlers/routes.ts', import.meta.url),
    ...(combo.mode === 'blocking' ? { workers: THREADS } : {}),
  });
  return { server, url: `http://127.0.0.1:${(server.address as { port: number }).port}` };
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

/**
 * A subtest against a server in each mode, where the program is installed. `refused`: so many errors of its own making
 * the server counts.
 */
export function against(
  program: string,
  refused: number,
  test: (t: Test, url: string) => Promise<void>,
): void {
  const missing = spawnSync(program, ['--version']).error !== undefined;
  const skip = missing && `${program} is not installed`;
  void t.test(program, { skip }, async (t) => {
    await forEveryMode(t, {}, async (t, combo) => {
      const { server, url } = await start(t, combo);
      await test(t, url);
      t.equal(await errorsOf(server), refused, 'errors that the server counted');
      await server.close();
    });
  });
}

export async function errorsOf(server: Server): Promise<number> {
  const { workers } = await server.stats();
  return workers.reduce((sum, { errors, restarts }) => sum + errors + restarts, 0);
}
