/** The short form of fuzz.ts for every decoder, what it found once, and what decoders keep while they wait. */
import { Buffer } from 'node:buffer';
import t from 'tap';
import { CORPUS } from './corpus.ts';
import { fuzz, LIMITS, retained, tryEverywhere, type Outcomes } from './fuzzer.ts';
import { seeded } from './harness.ts';
import { LARGE_LIMIT_BYTES, TARGETS } from './targets.ts';

const RUNS = 600;
/** What stays within it does not grow with the message. */
const OWN_BYTES = 8 * 1024;

for (const target of TARGETS) {
  t.test(target.name, async (t) => {
    const outcomes: Outcomes = new Map();
    fuzz(target, RUNS, seeded(20_261_121), outcomes);
    t.ok(outcomes.size >= 4, `${RUNS} inputs with ${outcomes.size} outcomes`);

    for (const [what, text, heard, ends] of CORPUS[target.name] ?? []) {
      const outcome = tryEverywhere(target, Buffer.from(text, 'latin1'), LIMITS[0]);
      t.match(outcome, `${heard} heard, ${ends}`, what);
    }

    // A command's arguments are found once, though they come byte by byte: 16 bytes for each, which has 6 at least.
    const most = target.name.startsWith('resp.server') ? LARGE_LIMIT_BYTES * 4 : OWN_BYTES;
    for (const message of target.large) {
      const { heapBytesEach, buffers } = await retained(target, message, LARGE_LIMIT_BYTES);
      t.ok(heapBytesEach < most, `${Math.round(heapBytesEach)} bytes for ${message.length}`);
      t.equal(buffers, 0, 'none of the buffers that it was fed');
    }
  });
}

t.test('what is kept is tried', (t) => {
  const names = new Set(TARGETS.map(({ name }) => name));
  t.same(
    Object.keys(CORPUS).filter((name) => !names.has(name)),
    [],
  );
  t.end();
});
