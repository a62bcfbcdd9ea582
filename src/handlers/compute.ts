/** Spends a fixed amount of CPU on each message, then gives it back. */
import { defineHandler } from '../handler.ts';
import { spend } from './work.ts';

let rounds = 0;

export default defineHandler({
  stateless: true,
  start({ data }: { data: { rounds: number } }) {
    rounds = data.rounds;
  },
  message(input: unknown) {
    spend(rounds);
    return input;
  },
});
