/** The short form of fuzz.ts: mutated requests, against node:http. */
import t from 'tap';
import { seeded } from '../protocols/harness.ts';
import { differential } from './differential.ts';

const REQUESTS = 10_000;

void t.test(`${REQUESTS} mutated requests`, async (t) => {
  const tally = await differential(REQUESTS, seeded(20_261_121));
  t.equal(tally.requests, REQUESTS);
  t.ok(tally.accepted > REQUESTS / 5, `${tally.accepted} are accepted`);
  t.ok(tally.bothRefuse > REQUESTS / 5);
  t.ok(tally.stricter.size > 5);
});
