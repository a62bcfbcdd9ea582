/** A bench at a glance: its arms in a table, the best first, before any drawing. Pure. */
import type { Arm, ArmTrial } from './arms.ts';
import { runTag, type Cell, type Table } from './blocks.ts';
import { measuresOfArms, middleOf, restsOnFew } from './figures/dots.ts';
import type { Suite } from './schema.ts';

const NBSP = '\u00A0';

/** Whose limit a run met, in a word. */
const LIMITS: Readonly<Record<string, string>> = {
  SERVER_BOUND: 'server',
  CLIENT_BOUND: 'client',
  NOISY_MACHINE: 'others',
  UNCLEAR: 'unclear',
};

/** The figures that a bench may decide by, as arms have them. */
const DECIDING: Readonly<Record<string, { of: (trial: ArmTrial) => number; sign: 1 | -1 }>> = {
  perSecond: { of: ({ perSecond }) => perSecond, sign: -1 },
  cpuUs: { of: ({ cpuUs }) => cpuUs, sign: 1 },
  p50Ms: { of: ({ p50Us }) => p50Us, sign: 1 },
  p99Ms: { of: ({ p99Us }) => p99Us, sign: 1 },
  p999Ms: { of: ({ p999Us }) => p999Us, sign: 1 },
  bytesPerConnection: { of: ({ bytesPerConnection }) => bytesPerConnection, sign: 1 },
};

/** The best first, by what decides; as they are where arms are not all rivals, or nothing decides. */
export function inRank(arms: readonly Arm[], { decides = '', recommendation }: Suite): Arm[] {
  const deciding = DECIDING[decides];
  if (deciding === undefined || recommendation?.groups.length !== 1) return [...arms];
  const { of, sign } = deciding;
  // An arm without the figure stands at the end.
  const key = ({ trials }: Arm): number => {
    const middle = middleOf(trials, { of });
    return Number.isFinite(middle) ? sign * middle : Infinity;
  };
  return arms.toSorted((a, b) => key(a) - key(b) || 0);
}

/** Undefined where several arms are not each other's rivals. */
export function glanceTable(
  arms: readonly Arm[],
  { recommendation }: Suite,
  memory: boolean,
): Table | undefined {
  if (recommendation?.groups.length !== 1 || arms.length === 0) return undefined;
  const measures = measuresOfArms(arms, memory);
  const best = measures.map((measure) => {
    const middles = arms.map(({ trials }) => middleOf(trials, measure)).filter(Number.isFinite);
    return measure.better === 'more' ? Math.max(...middles) : Math.min(...middles);
  });
  const repeated = arms.some(({ trials }) => trials.length > 1);
  const limits = arms.some(({ trials }) => trials.some(({ verdict }) => verdict !== undefined));
  return {
    caption: `At a glance, the best first: ${repeated ? 'medians of the runs' : 'one run of each'}. In bold the best of each column; whether it is ahead beyond chance, the sentence above says.`,
    head: [
      'arm',
      ...measures.map(({ axis, better }) => `${axis}${NBSP}${better === 'more' ? '↑' : '↓'}`),
      ...(limits ? ['limited by'] : []),
    ],
    rows: arms.map(({ name, series, trials }): Cell[] => [
      { text: runTag(series, name) },
      ...measures.map((measure, i): Cell => {
        const middle = middleOf(trials, measure);
        const few = restsOnFew(trials, measure);
        const isBest = middle === best[i] && arms.length > 1 && !few;
        return { text: measure.say(middle), best: isBest, few };
      }),
      ...(limits ? [{ text: limitOf(trials) }] : []),
    ]),
  };
}

/** 'server'; 'client 3, unclear 2' */
function limitOf(trials: readonly ArmTrial[]): string {
  const words = trials.map(({ verdict = '' }) => LIMITS[verdict] ?? 'not known');
  const counts = [...Map.groupBy(words, (word) => word)].map(
    ([word, of]) => [word, of.length] as const,
  );
  if (counts.length === 1) return counts[0][0];
  return counts
    .toSorted(([, a], [, b]) => b - a)
    .map(([word, number]) => `${word}${NBSP}${number}`)
    .join(`,${NBSP}`);
}
