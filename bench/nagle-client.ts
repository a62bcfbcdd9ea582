/**
 * One connection, one request after the other, each in the writes that PLAN says, the next one when the answer is whole:
 * HOST PORT PLAN, where PLAN is JSON.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Mark } from './measure/client.ts';
import { exitOnSignals } from './measure/children.ts';
import type { NaglePlan } from './questions/nagle.ts';

const HALVES = ['h'.repeat(20), `${'b'.repeat(30)}\n`] as const;
const LINE_FEED = 0x0a;

const [host, port, text] = process.argv.slice(2) as [string, string, string];
const { answerLines, durationMs, nagle, warmUpMs, writes } = JSON.parse(text) as NaglePlan;

exitOnSignals();

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

const socket = connect({ host, port: Number(port), noDelay: !nagle });
await once(socket, 'connect');

let linesLeft = 0;
let answered: () => void;
socket.on('data', (chunk) => {
  for (const byte of chunk) if (byte === LINE_FEED) linesLeft -= 1;
  if (linesLeft === 0) answered();
});

function send(): void {
  if (writes === 'one') {
    socket.write(HALVES.join(''));
    return;
  }
  if (writes === 'corked') socket.cork();
  for (const half of HALVES) socket.write(half);
  if (writes === 'corked') socket.uncork();
}

/** The time of each round, in ms. */
async function rounds(forMs: number): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + forMs;
  for (let now = performance.now(); now < until;) {
    linesLeft = answerLines;
    const whole = new Promise<void>((resolve) => (answered = resolve));
    send();
    await whole;
    const after = performance.now();
    times.push(after - now);
    now = after;
  }
  return times;
}

await rounds(warmUpMs);
say({ mark: 'begin' });
const started = performance.now();
const times = (await rounds(durationMs)).toSorted((a, b) => a - b);
const seconds = (performance.now() - started) / 1000;
say({ mark: 'end' });
const at = (share: number): number => times[Math.ceil(times.length * share) - 1];
say({
  mark: 'result',
  result: {
    messages: times.length,
    seconds,
    errors: 0,
    latencyMs: {
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      p999: at(0.999),
      max: at(1),
    },
  },
});
socket.destroy();
