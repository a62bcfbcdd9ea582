/**
 * From runs to a recommendation. Pure. Within a group every option is held against the best one, block by block: clearly
 * behind, as good for all that matters, or not to be told apart here. Fewer than LEAST_BLOCKS runs of each are a first
 * look, and nothing is claimed of them. Of runs whose limit was not the server a ranking is never told without that, in
 * the same sentence; nor is the lead by one figure without who leads by the others.
 */
import {
  median,
  medianInterval,
  pairedRatio,
  seededRandom,
  type Interval,
} from './measure/statistics.ts';

/** Of fewer runs an interval says nothing (measure/statistics.ts has how often it covers the truth). */
export const LEAST_BLOCKS = 5;
/** The least effect that matters: within it options are as good as each other. */
export const LEAST_EFFECT = 0.05;

/** One option of a group, with the values of its runs in the order of the blocks. */
export interface Candidate {
  readonly group: string;
  readonly option: string;
  /** Of the figure that decides: above zero, or NaN where a run has none. */
  readonly values: readonly number[];
  /** Server CPU a message: decides between options that are as good. Empty where it is not known. */
  readonly cpuUs: readonly number[];
  /** Whose limit each run met, by the load generator's verdict; of those that have one. */
  readonly verdicts?: readonly string[];
  /** The table's other figures, by their `OtherFigure.key`, in the order of the blocks. */
  readonly others?: Readonly<Record<string, readonly number[]>>;
}

/** A figure that does not decide, but is shown beside the one that does. */
export interface OtherFigure {
  readonly key: string;
  /** Behind a number, in a sentence. */
  readonly unit: string;
  readonly better: 'more' | 'less';
}

export interface Rule {
  /** What is counted, as in a sentence: 'messages/s'. */
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly seed: number;
  /** How a value reads. */
  readonly show: (value: number) => string;
  readonly others?: readonly OtherFigure[];
  /** What the ranking holds under, where it is no more than that: 'load and server sharing 2 cores'. */
  readonly setting?: string;
}

export const STANDINGS = ['best', 'equal', 'behind', 'unclear', 'unmeasured'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface Rank {
  readonly option: string;
  readonly standing: Standing;
  readonly measured: Interval;
  /** How many times as good the best one is, by blocks. */
  readonly behind: Interval;
}

export interface Advice {
  readonly group: string;
  /** Null: nothing could be measured, or nothing told apart. */
  readonly choose: string | null;
  /** The best first. */
  readonly ranks: readonly Rank[];
  readonly sentences: readonly string[];
}

export interface Recommendation {
  /** Runs of the option that has fewest. */
  readonly blocks: number;
  /** There are enough of them to claim anything. */
  readonly sure: boolean;
  readonly groups: readonly Advice[];
  /** What holds over all groups, where there are several, and what the question makes of them. */
  readonly sentences: readonly string[];
}

const NONE: Interval = { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
const SAME: Interval = { estimate: 1, low: 1, high: 1 };

export function recommend(candidates: readonly Candidate[], rule: Rule): Recommendation {
  const measured = candidates.filter(isMeasured);
  const blocks =
    measured.length === 0 ? 0 : Math.min(...measured.map(({ values }) => values.length));
  const sure = blocks >= LEAST_BLOCKS;
  const members = Map.groupBy(candidates, ({ group }) => group);
  const groups = [...members].map(([group, of]) => adviseOn(group, of, rule, sure));
  return {
    blocks,
    sure,
    groups,
    sentences: groups.length > 1 ? sayChoices(groups, sure, sayLimits(measured, rule)) : [],
  };
}

function isMeasured({ values }: Candidate): boolean {
  return isKnown(values);
}

function isKnown(values: readonly number[]): boolean {
  return values.length > 0 && values.every((value) => value > 0);
}

function adviseOn(group: string, members: readonly Candidate[], rule: Rule, sure: boolean): Advice {
  const sign = rule.better === 'more' ? -1 : 1;
  const sorted = members
    .filter(isMeasured)
    .toSorted((a, b) => sign * (median(a.values) - median(b.values)));
  const [best] = sorted;
  const random = seededRandom(rule.seed);
  const ranks = sorted.map((one): Rank => {
    const measured = medianInterval(one.values, random);
    if (one === best) return { option: one.option, standing: 'best', measured, behind: SAME };
    const [good, poor] = rule.better === 'more' ? [best, one] : [one, best];
    const common = Math.min(good.values.length, poor.values.length);
    const behind = pairedRatio(good.values.slice(0, common), poor.values.slice(0, common));
    return { option: one.option, standing: standingOf(behind, sure), measured, behind };
  });
  const unmeasured = members
    .filter((one) => !isMeasured(one))
    .map(({ option }): Rank => ({ option, standing: 'unmeasured', measured: NONE, behind: NONE }));
  const all = [...ranks, ...unmeasured];
  if (best === undefined) {
    return { group, choose: null, ranks: all, sentences: ['Nothing could be measured.'] };
  }
  const cheaper = sure ? cheaperOf(sorted, ranks) : undefined;
  const choose = isOpen(ranks) && sure ? null : (cheaper?.option ?? best.option);
  const limits = sayLimits(sorted, rule);
  const chosen = sorted.find(({ option }) => option === choose) ?? best;
  const sentences = [
    ...(sure ? sayAdvice(all, rule, cheaper, limits) : sayFirstLook(all, rule, limits)),
    ...sayOtherLeads(chosen, sorted, rule, sure),
    ...sayUnmeasured(all),
  ];
  return { group, choose, ranks: all, sentences };
}

/** There are others, and none of them can be told from the best. */
function isOpen(ranks: readonly Rank[]): boolean {
  const [, ...others] = ranks;
  return others.length > 0 && others.every(({ standing }) => standing === 'unclear');
}

function standingOf(behind: Interval, sure: boolean): Standing {
  if (!sure) return 'unclear';
  if (behind.low > 1 + LEAST_EFFECT) return 'behind';
  return behind.high <= 1 + LEAST_EFFECT && behind.low >= 1 / (1 + LEAST_EFFECT)
    ? 'equal'
    : 'unclear';
}

interface Cheaper {
  readonly option: string;
  /** The CPU of the best one over its own. */
  readonly saves: Interval;
}

/** Of those as good as the best one, the one that clearly spends less CPU. */
function cheaperOf(sorted: readonly Candidate[], ranks: readonly Rank[]): Cheaper | undefined {
  const [best] = sorted;
  const found = sorted
    .filter((_, i) => ranks[i].standing === 'equal')
    .filter(({ cpuUs }) => cpuUs.length > 0 && cpuUs.length <= best.cpuUs.length)
    .map(({ cpuUs, option }) => ({
      option,
      saves: pairedRatio(best.cpuUs.slice(0, cpuUs.length), cpuUs),
    }))
    .filter(({ saves }) => saves.low > 1 + LEAST_EFFECT);
  return found.toSorted((a, b) => b.saves.estimate - a.saves.estimate)[0];
}

/** 'Take single at 64 B and 1 KiB, sharded process at 16 KiB.' */
function sayChoices(groups: readonly Advice[], sure: boolean, limits: string): string[] {
  const chosen = groups.filter(({ choose }) => choose !== null);
  if (chosen.length === 0) return [];
  const places = Map.groupBy(chosen, ({ choose }) => choose!);
  const each = [...places].map(
    ([option, at]) => `${option} at ${list(at.map(({ group }) => group))}`,
  );
  if (!sure) return [`Ahead, at a first look${limits}: ${each.join('; ')}.`];
  return [limits === '' ? `Take ${each.join('; ')}.` : `Ahead${limits}: ${each.join('; ')}.`];
}

const LIMITS: Readonly<Record<string, string>> = {
  CLIENT_BOUND: 'limited by the client',
  NOISY_MACHINE: 'disturbed by others on the machine',
  UNCLEAR: 'of unclear limit',
};

/**
 * Goes on from 'ahead': ', with load and server sharing 2 cores (of 10 runs: 3 limited by the client)'. '' where
 * every run showed what the server can.
 */
function sayLimits(candidates: readonly Candidate[], { setting }: Rule): string {
  const runs = candidates.reduce((sum, { values }) => sum + values.length, 0);
  const verdicts = candidates.flatMap(({ verdicts: own = [] }) => own);
  const counted = Object.entries(LIMITS).map(([name, says]) => ({
    says,
    number: verdicts.filter((verdict) => verdict === name).length,
  }));
  const met = counted.filter(({ number }) => number > 0);
  if (met.length === 0) return '';
  const parts = list(met.map(({ number, says }) => `${number} ${says}`));
  const under = setting === undefined ? '' : `, with ${setting}`;
  return `${under} (of ${runs} runs: ${parts})`;
}

function sayAdvice(
  ranks: readonly Rank[],
  rule: Rule,
  cheaper: Cheaper | undefined,
  limits: string,
): string[] {
  const [best] = ranks;
  const of = (standing: Standing): Rank[] => ranks.filter((rank) => rank.standing === standing);
  const chosen = ranks.find(({ option }) => option === cheaper?.option) ?? best;
  const equal = of('equal').filter((rank) => rank !== chosen);
  const percent = `${LEAST_EFFECT * 100} %`;
  const measured = ranks.filter(({ standing }) => standing !== 'unmeasured');
  const sentences = [
    isOpen(measured)
      ? `None is clearly ahead here${limits}. ${best.option} had the best median: ${sayMeasured(best, rule)}.`
      : limits === ''
        ? `Take ${chosen.option}: ${sayMeasured(chosen, rule)}.`
        : `${chosen.option} is ahead${limits}: ${sayMeasured(chosen, rule)}.`,
  ];
  if (cheaper !== undefined) {
    sentences.push(
      `${best.option} gives as much within ${percent}, and spends ${times(cheaper.saves)} the CPU on each message.`,
    );
  }
  if (equal.length > 0) sentences.push(`As good, within ${percent}: ${names(equal)}.`);
  if (of('behind').length > 0) {
    sentences.push(
      `By ${rule.unit}, block by block, ${best.option} is ahead of ${list(of('behind').map(sayBehind))}.`,
    );
  }
  if (of('unclear').length > 0) {
    sentences.push(
      `Not to be told from it on this machine: ${list(of('unclear').map(sayBehind))}.`,
    );
  }
  return sentences;
}

function sayFirstLook(ranks: readonly Rank[], rule: Rule, limits: string): string[] {
  const measured = ranks.filter(({ standing }) => standing !== 'unmeasured');
  const [best, ...others] = measured;
  const last = others.at(-1);
  const shown = ({ measured: { estimate }, option }: Rank): string =>
    `${option} with ${rule.show(estimate)}`;
  const had = `${rule.show(best.measured.estimate)} ${rule.unit}`;
  if (last === undefined) {
    return [`${best.option} had ${had}${limits}. A first look, that claims nothing.`];
  }
  return [
    `${best.option} was ahead with ${had}${limits}; ${others.length === 1 ? 'last came' : `next came ${shown(others[0])}, last`} ${shown(last)}. A first look, that claims nothing.`,
  ];
}

/** 'By other figures others lead: sharded process with 0.343 against 0.470 ms at p50.' */
function sayOtherLeads(
  chosen: Candidate,
  candidates: readonly Candidate[],
  { others = [], show }: Rule,
  sure: boolean,
): string[] {
  const leads = others.flatMap(({ better, key, unit }) => {
    const sign = better === 'more' ? -1 : 1;
    const valuesOf = ({ others: own = {} }: Candidate): readonly number[] => own[key] ?? [];
    const known = candidates.filter((one) => isKnown(valuesOf(one)));
    if (!known.includes(chosen)) return [];
    const [first] = known.toSorted((a, b) => sign * (median(valuesOf(a)) - median(valuesOf(b))));
    if (first === chosen) return [];
    const [own, lead] = [valuesOf(chosen), valuesOf(first)];
    const common = Math.min(own.length, lead.length);
    const [good, poor] = better === 'more' ? [lead, own] : [own, lead];
    const by = pairedRatio(good.slice(0, common), poor.slice(0, common));
    if (!((sure ? by.low : by.estimate) > 1 + LEAST_EFFECT)) return [];
    const says = `${show(median(lead))} against ${show(median(own))} ${unit}`;
    return [{ option: first.option, says }];
  });
  const leaders = Map.groupBy(leads, ({ option }) => option);
  const each = [...leaders].map(
    ([option, of]) => `${option} with ${list(of.map(({ says }) => says))}`,
  );
  return leads.length === 0 ? [] : [`By other figures others lead: ${each.join('; ')}.`];
}

function sayMeasured({ measured }: Rank, { show, unit }: Rule): string {
  return `${show(measured.estimate)} ${unit} (${show(measured.low)} to ${show(measured.high)})`;
}

function sayBehind({ behind, option }: Rank): string {
  return `${option} (${times(behind)})`;
}

function sayUnmeasured(ranks: readonly Rank[]): string[] {
  const left = ranks.filter(({ standing }) => standing === 'unmeasured');
  return left.length === 0 ? [] : [`Not measured: ${names(left)}.`];
}

/** '1.93 times, 1.85 to 2.02'; '725 times, 688 to 840' */
function times({ estimate, low, high }: Interval): string {
  const digits = estimate >= 100 ? 0 : estimate >= 10 ? 1 : 2;
  const [middle, from, to] = [estimate, low, high].map((value) => value.toFixed(digits));
  return `${middle} times, ${from} to ${to}`;
}

function names(ranks: readonly Rank[]): string {
  return list(ranks.map(({ option }) => option));
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
