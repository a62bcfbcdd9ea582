/**
 * Ends what a bench has started, where the bench could not: SIGKILL leaves it no last word. Its standard input is the
 * bench's: `+PID` for a process that began, as a rule the leader of a group, `-PID` for one that has ended, and the end of it is the bench's own.
 */
import { createInterface } from 'node:readline';

const living = new Set<number>();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) living.add(pid);
  else living.delete(pid);
}
for (const pid of living) {
  if (!kill(-pid)) kill(pid);
}

/** False: there is none, or it has ended by itself. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
