/**
 * The long form of differential.test.ts:
 *
 *     node --conditions=patterns-source test/http/fuzz.ts [--count=1000000] [--seed=1] [--from=0]
 *
 * As many requests, for the server's side, as responses, for the client's. They are numbered, and each round of them has a seed of its own, made of --seed and its number: a run that was
 * broken off goes on with --from, and a difference is found again by its round alone.
 */
import { parseArgs } from 'node:util';
import { seeded } from '../protocols/harness.ts';
import { differential, emptyTally, STRICTER } from './differential.ts';
import { differResponses, emptyClientTally, STRICTER_CLIENT } from './differential-responses.ts';

const ROUND = 10_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [count, seed, from] = [values.count, values.seed, values.from].map(Number);
if (![count, seed, from].every(Number.isSafeInteger) || from % ROUND !== 0 || from < 0) {
  console.error(`--count and --seed are whole numbers, and --from is a multiple of ${ROUND}.`);
  process.exit(2);
}

console.log(`${count} requests and responses, seed ${seed}, Node ${process.version}`);
const total = emptyTally();
const client = emptyClientTally();
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
for (let at = from; at < count && !stop.signal.aborted; at += ROUND) {
  const round = at / ROUND;
  try {
    // 2^32 / phi: rounds that follow each other begin far apart.
    const own = seed + Math.imul(round, 0x9e3779b1);
    await differential(Math.min(ROUND, count - at), seeded(own), total);
    await differResponses(Math.min(ROUND, count - at), seeded(own), client);
  } catch (error) {
    console.log(`found again by: --seed=${seed} --from=${at} --count=${at + ROUND}`);
    throw error;
  }
  if (process.stdout.isTTY) process.stdout.write(`\r${at + ROUND} `);
}

console.log(`requests heard: ${total.requests}, of which`);
console.log(line(total.accepted, 'are accepted by both, alike'));
console.log(line(total.bothRefuse, 'are refused by both'));
console.log(line(total.waiting, 'are whole to neither'));
console.log('refused by us alone:');
list(total.stricter, STRICTER);
console.log(`responses heard: ${client.responses}, of which`);
console.log(line(client.accepted, 'are accepted by both, alike'));
console.log(line(client.bothRefuse, 'are refused by both, or cut short'));
console.log(line(client.beyond, 'are accepted by us alone: an interim response that says close'));
console.log('refused by us alone:');
list(client.stricter, STRICTER_CLIENT);
if (stop.signal.aborted) {
  console.log(
    `go on with: --seed=${seed} --from=${from + Math.floor(total.requests / ROUND) * ROUND}`,
  );
}

function list(
  reasons: ReadonlyMap<string, number>,
  table: ReadonlyArray<readonly [RegExp, string]>,
): void {
  for (const [name, times] of [...reasons].toSorted(([, a], [, b]) => b - a)) {
    console.log(line(times, `${name}  (${table.find(([says]) => says.test(name))?.[1]})`));
  }
}

function line(times: number, what: string): string {
  return `${String(times).padStart(9)}  ${what}`;
}
