/**
 * The long form of differential.test.ts: `node test/http/fuzz.ts [requests, default 1000000] [seed, default the time]`.
 */
import { seeded } from '../protocols/harness.ts';
import { differential, STRICTER } from './differential.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now());
console.log(`${count} requests, seed ${seed}, Node ${process.version}`);
const random = seeded(seed);
const total = { accepted: 0, bothRefuse: 0, stricter: new Map<string, number>() };
const ROUND = 20_000;
for (let done = 0; done < count; done += ROUND) {
  const tally = await differential(Math.min(ROUND, count - done), random);
  total.accepted += tally.accepted;
  total.bothRefuse += tally.bothRefuse;
  for (const [name, times] of tally.stricter) {
    total.stricter.set(name, (total.stricter.get(name) ?? 0) + times);
  }
}
console.log(`accepted by both, alike: ${total.accepted}`);
console.log(`refused by both: ${total.bothRefuse}`);
console.log('refused by us alone:');
for (const [name, times] of [...total.stricter].toSorted(([, a], [, b]) => b - a)) {
  console.log(
    `${String(times).padStart(8)}  ${name}  (${STRICTER.find(([says]) => says.test(name))?.[1]})`,
  );
}
