/** A child process as a unit. */
import { fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ToMain, ToWorker } from './messages.ts';
import { siblingUrl, type Unit, type UnitEvents, type WorkerStart } from './unit.ts';

/** A thread's limit is an option of its own; a process has V8's flag. `blocking` sets it for its threads. */
function heapArgs(heapMiB: number | undefined): string[] {
  return heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
}

export function startProcess(start: WorkerStart, events: UnitEvents): Unit {
  const child = fork(siblingUrl('./entry', import.meta.url), [], {
    serialization: 'advanced',
    stdio: ['ignore', start.plan.workerOutput === 'stderr' ? 2 : 'inherit', 'inherit', 'ipc'],
    execArgv: [...workerArgs(process.execArgv), ...heapArgs(start.plan.limits.workerHeapMiB)],
  });
  let over = false;
  const exit = (reason: string) => {
    if (over) return;
    over = true;
    events.onExit(reason);
  };
  child.on('message', (message) => events.onMessage(message as ToMain));
  child.on('error', (error) => exit(error.message));
  // Not 'exit': what it said last is still to be read then.
  child.on('close', (code, signal) => exit(signal ?? `exit code ${code}`));
  const ignore = () => {}; // a worker that is gone: its exit is told by itself
  const post = (message: ToWorker | WorkerStart) => {
    if (child.connected) child.send(message, undefined, {}, ignore);
  };
  post(start);
  return {
    pid: child.pid ?? -1,
    post,
    hand: (message, attachment) => {
      if (child.connected) child.send(message, attachment as Socket, { keepOpen: true }, ignore);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

const NOT_FOR_WORKERS =
  /^(-[ceip]+|--(inspect|watch|eval|print|input-type|interactive|check|test)\b.*)$/;

/** Node's own options without those that are about the main program: `-e` would run it again in every worker. */
export function workerArgs(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  let dropping = false;
  for (const arg of execArgv) {
    if (arg.startsWith('-')) dropping = NOT_FOR_WORKERS.test(arg);
    if (!dropping) kept.push(arg);
  }
  return kept;
}
