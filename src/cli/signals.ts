/** What asks a command to stop: once to end in order, twice to end at once. */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/**
 * The same signal within this time is one request: timeout(1) signals the child and then its group, and npx forwards a
 * Ctrl-C that the terminal has already sent to everybody.
 */
const ECHO_MS = 50;

export interface Stop {
  /** Resolves to the signal's name. */
  readonly first: Promise<string>;
  readonly second: Promise<string>;
}

/**
 * From now on signals end nothing by themselves. `parent`: a parent that goes away asks too, as a signal would, for a
 * child that has an IPC channel for no other purpose.
 */
export function listenForStop(parent = false): Stop {
  let asked: string | undefined;
  let askedMs = 0;
  let onFirst: (signal: string) => void;
  let onSecond: (signal: string) => void;
  const first = new Promise<string>((resolve) => (onFirst = resolve));
  const second = new Promise<string>((resolve) => (onSecond = resolve));
  const ask = (signal: string) => {
    const now = performance.now();
    if (asked === undefined) onFirst(signal);
    else if (asked !== signal || now - askedMs > ECHO_MS) onSecond(signal);
    if (asked !== undefined) return;
    asked = signal;
    askedMs = now;
  };
  for (const signal of SIGNALS) process.on(signal, ask);
  if (parent) process.once('disconnect', () => ask('the parent is gone'));
  return { first, second };
}
