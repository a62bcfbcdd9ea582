/** The package's own statistics: the reports and `patterns compare` use the same. */
export {
  executing,
  median,
  medianInterval,
  pairedRatio,
  ratioInterval,
  seededRandom,
  shuffled,
  variation,
  type Interval,
  type Random,
} from 'patterns-runtime/statistics';
