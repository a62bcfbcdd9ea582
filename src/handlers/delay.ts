/** Gives each message back after a while, using no CPU meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineHandler } from '../handler.ts';

let delayMs = 0;

export default defineHandler({
  stateless: true,
  start({ data }: { data: { ms: number } }) {
    delayMs = data.ms;
  },
  message: (input: unknown) => sleep(delayMs, input),
});
