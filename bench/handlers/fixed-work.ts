/**
 * BENCH_ROUNDS rounds of PBKDF2 a message, which is given back. `compute` measures anew in every server how much work a
 * microsecond is; arms that are compared must all do the same.
 */
import { pbkdf2Sync } from 'node:crypto';
import { defineHandler } from 'patterns-runtime';

const SALT = Buffer.alloc(16);
const rounds = Number(process.env.BENCH_ROUNDS);

export default defineHandler({
  stateless: true,
  message(input: unknown) {
    pbkdf2Sync('patterns', SALT, rounds, 32, 'sha256');
    return input;
  },
});
