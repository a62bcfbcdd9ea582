/** What runs say, and how surely: pure functions over numbers, for the bench, the reports and `patterns compare`. */
export { medianInterval, ratioInterval, type Interval } from './bootstrap.ts';
export {
  ALPHA,
  DEFAULT_EFFECT,
  judge,
  type JudgeOptions,
  type Judgement,
  type JudgementName,
} from './judge.ts';
export { seededRandom, shuffled, type Random } from './random.ts';
export { pairedRatio } from './ratio.ts';
export { DESIGNS, LEAST_RUNS, type Design } from './shift.ts';
export { mean, median, variation } from './summary.ts';
export { executing, type WorkerRow } from './work.ts';
