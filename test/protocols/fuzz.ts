/**
 * The long form of fuzz.test.ts:
 *
 *     node --conditions=patterns-source test/protocols/fuzz.ts [--target=resp] [--count=100000] [--seed=1] [--from=0]
 *
 * `--count` inputs for each decoder whose name begins with `--target`. Each round of them has a seed of its own: a run that
 * was broken off goes on with --from, and a fault is found again by its round alone.
 */
import { parseArgs } from 'node:util';
import { fuzz, type Outcomes } from './fuzzer.ts';
import { seeded } from './harness.ts';
import { TARGETS } from './targets.ts';

const ROUND = 10_000;

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: '' },
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [count, seed, from] = [values.count, values.seed, values.from].map(Number);
const chosen = TARGETS.filter(({ name }) => name.startsWith(values.target));
if (![count, seed, from].every(Number.isSafeInteger) || from % ROUND !== 0 || from < 0) {
  console.error(`--count and --seed are whole numbers, and --from is a multiple of ${ROUND}.`);
  process.exit(2);
}
if (chosen.length === 0) {
  console.error(
    `No decoder begins with "${values.target}"; there are ${TARGETS.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}

console.log(
  `${count} inputs for each of ${chosen.length} decoders, seed ${seed}, Node ${process.version}`,
);
for (const target of chosen) {
  const outcomes: Outcomes = new Map();
  for (let at = from; at < count; at += ROUND) {
    try {
      // 2^32 / phi: rounds that follow each other begin far apart.
      const random = seeded(seed + Math.imul(at / ROUND, 0x9e3779b1));
      fuzz(target, Math.min(ROUND, count - at), random, outcomes);
    } catch (error) {
      const where = `--target='${target.name}' --seed=${seed} --from=${at} --count=${at + ROUND}`;
      console.log(`found again by: ${where}`);
      throw error;
    }
  }
  const most = Math.max(...outcomes.values());
  console.log(`${target.name}: ${outcomes.size} outcomes, the commonest ${most} times; no fault`);
}
