/** Gives every line back; 'slow' keeps its loop for 20 ms first. */
import { pbkdf2Sync } from 'node:crypto';
import { defineHandler, line } from 'patterns-runtime';

const SLOW_MS = 20;
/** About a quarter of a millisecond: native work, which the JIT leaves alone. */
const ROUNDS = 500;

export default defineHandler({
  protocol: line(),
  stateless: true,
  message(text) {
    if (text === 'slow') work(SLOW_MS);
    return text;
  },
});

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) pbkdf2Sync('patterns', 'salt', ROUNDS, 32, 'sha256');
}
