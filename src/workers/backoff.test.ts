import t from 'tap';
import { afterDeath, CLEAN, MOST_STARTS } from './backoff.ts';

/** The delays after deaths that each served so long (undefined: never). */
function delays(lives: Array<number | undefined>): Array<number | undefined> {
  let record = CLEAN;
  return lives.map((servedMs) => {
    const verdict = afterDeath(record, servedMs);
    record = verdict.record;
    return verdict.restartMs;
  });
}

const none = (times: number) => Array.from({ length: times }, () => undefined);

t.test('how long a successor waits', async (t) => {
  const cases: Array<[string, Array<number | undefined>, Array<number | undefined>]> = [
    ['the first restart is immediate', [500], [0]],
    ['later ones back off', Array(5).fill(500), [0, 100, 200, 400, 800]],
    [
      'up to a limit',
      Array(14).fill(500),
      [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000, 30_000],
    ],
    ['a long life is forgiven', [500, 500, 500, 10_000, 500], [0, 100, 200, 0, 100]],
    ['not quite so long', [500, 9_999], [0, 100]],
    ['it gives up on one that never serves', none(MOST_STARTS), [0, 100, 200, 400, undefined]],
    [
      'serving once starts that count again',
      [...none(4), 1, ...none(4)],
      [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800],
    ],
    ['also after a long life', [60_000, ...none(5)], [0, 100, 200, 400, 800, undefined]],
  ];
  for (const [what, lives, expected] of cases) t.strictSame(delays(lives), expected, what);
});

t.test('a life of days changes nothing', async (t) => {
  t.strictSame(delays([86_400_000, 86_400_000]), [0, 0]);
});
