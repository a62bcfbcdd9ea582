/**
 * How far into a sorted list of differences an interval's ends lie, so that it misses the truth with probability `alpha`
 * at most, whatever the distribution: Wilcoxon's signed-rank test (pairs) and the rank-sum test of Mann and Whitney (two
 * samples), inverted. Exact counts; 0 where there are too few runs to say anything at that level.
 */

/** Of the n (n + 1) / 2 means of two differences each, with themselves too (Walsh averages). Assumes symmetry. */
export function signedRankCut(pairs: number, alpha: number): number {
  const sums = (pairs * (pairs + 1)) / 2;
  const counts = new Float64Array(sums + 1);
  counts[0] = 1;
  for (let rank = 1; rank <= pairs; rank += 1) {
    for (let sum = sums; sum >= rank; sum -= 1) counts[sum] += counts[sum - rank];
  }
  return cutOf(counts, 2 ** pairs, alpha);
}

/** Of the m × n differences between the samples. The counts are the coefficients of a Gaussian binomial. */
export function rankSumCut(m: number, n: number, alpha: number): number {
  const counts = new Float64Array(m * n + 1);
  counts[0] = 1;
  for (let i = 1; i <= m; i += 1) {
    for (let sum = counts.length - 1; sum >= n + i; sum -= 1) counts[sum] -= counts[sum - n - i];
    for (let sum = i; sum < counts.length; sum += 1) counts[sum] += counts[sum - i];
  }
  let all = 1;
  for (let i = 1; i <= m; i += 1) all *= (n + i) / i;
  return cutOf(counts, all, alpha);
}

/** How many values from the bottom together keep within half of alpha. */
function cutOf(counts: Float64Array, all: number, alpha: number): number {
  let below = 0;
  let cut = 0;
  while (cut < counts.length && (below + counts[cut]) / all <= alpha / 2) {
    below += counts[cut];
    cut += 1;
  }
  return cut;
}
