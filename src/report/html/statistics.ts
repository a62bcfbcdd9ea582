/** The unit is a run, never a request: requests of one run are not independent. */
import { medianInterval as intervalOf } from '../../statistics/bootstrap.ts';
import { seededRandom } from '../../statistics/random.ts';

export { median, variation } from '../../statistics/summary.ts';
export { executing } from '../../statistics/work.ts';

/** Of fewer runs an interval says nothing that the dots do not. */
export const LEAST_RUNS = 5;

/** The bootstrap interval of the median; undefined of too few. The same values give the same interval. */
export function medianInterval(values: readonly number[]): readonly [number, number] | undefined {
  if (values.length < LEAST_RUNS) return undefined;
  const { high, low } = intervalOf(values, seededRandom(1));
  return [low, high];
}
