/** What tells the bench where a server listens. */

export const HOST = '127.0.0.1';

export function announce(port: number): void {
  process.stdout.write(`listening tcp://${HOST}:${port}\n`);
}
