/**
 * The highest rate that meets a service level, searched for with one load after another. A pure state machine: a rate to
 * try comes out, what became of it goes in.
 *
 *     CLIMB ─ met: double ────────────────────────▶ the most was met: DONE
 *       │ missed
 *       ├─ nothing was met yet: DESCEND ─ missed: halve ─▶ the least was missed: DONE
 *       ▼                          │ met
 *     NARROW ◀─────────────────────┘ the middle (geometric) of the highest met and the lowest missed,
 *       │                            until they are within the precision
 *       ├─ the lowest was missed on a noisy machine: CLIMB from there, once
 *       ▼
 *     DONE
 *
 * A miss counts when it is seen twice: a neighbour's second of work must not halve a server. A miss on a noisy machine is
 * tried more often, and once again at the end, when the machine may have become quiet; one where the client was the limit
 * ends the climb there. The result says so.
 */
export const Phase = { CLIMB: 0, DESCEND: 1, NARROW: 2, DONE: 3 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** Loads at one rate until a miss counts. */
export const MISSES = 2;
export const NOISY_MISSES = 4;

export interface KneePlan {
  /** The first rate to try. */
  readonly startHz: number;
  readonly leastHz: number;
  readonly mostHz: number;
  /** The search ends when the lowest missed is so close above the highest met: 0.05 is 5 %. */
  readonly precision: number;
}

export interface Outcome {
  readonly met: boolean;
  /** The machine was noisy. */
  readonly noisy: boolean;
  /** The client was the limit, not the server. */
  readonly clientBound: boolean;
}

export type KneeLimit =
  | 'server' // a little more missed the service level
  | 'client' // a little more, and the client could not keep up
  | 'noise' // a little more was missed on a noisy machine
  | 'most' // mostHz met it
  | 'least'; // even leastHz missed it

export interface KneeState {
  readonly phase: Phase;
  /** To be tried next; where DONE, the last tried. */
  readonly rateHz: number;
  /** The highest that met it; 0: none. */
  readonly metHz: number;
  /** The lowest that missed it; Infinity: none. */
  readonly missedHz: number;
  /** Misses in a row at `rateHz`. */
  readonly misses: number;
  /** What had been missed on a noisy machine has been tried again. */
  readonly again: boolean;
  /** Why `missedHz` was missed; where DONE, what the knee is. */
  readonly limit: KneeLimit;
}

export function beginKnee(plan: KneePlan): KneeState {
  return {
    phase: Phase.CLIMB,
    rateHz: clamp(plan.startHz, plan),
    metHz: 0,
    missedHz: Infinity,
    misses: 0,
    again: false,
    limit: 'server',
  };
}

export function stepKnee(plan: KneePlan, state: KneeState, outcome: Outcome): KneeState {
  if (state.phase === Phase.DONE) return state;
  if (outcome.met) return afterMet(plan, state);
  const misses = state.misses + 1;
  if (misses < (outcome.noisy ? NOISY_MISSES : MISSES)) return { ...state, misses };
  return afterMissed(plan, state, outcome);
}

function afterMet(plan: KneePlan, state: KneeState): KneeState {
  const met = { ...state, metHz: state.rateHz, misses: 0 };
  if (state.rateHz >= plan.mostHz) return { ...met, phase: Phase.DONE, limit: 'most' };
  if (state.phase === Phase.CLIMB) return { ...met, rateHz: clamp(state.rateHz * 2, plan) };
  return narrow(plan, met);
}

function afterMissed(plan: KneePlan, state: KneeState, { clientBound, noisy }: Outcome): KneeState {
  const limit = noisy ? 'noise' : clientBound ? 'client' : 'server';
  const missed = { ...state, missedHz: state.rateHz, misses: 0, limit } as const;
  if (state.metHz > 0) return narrow(plan, missed);
  if (state.rateHz <= plan.leastHz) return { ...missed, phase: Phase.DONE, limit: 'least' };
  return { ...missed, phase: Phase.DESCEND, rateHz: clamp(state.rateHz / 2, plan) };
}

function narrow(plan: KneePlan, state: KneeState): KneeState {
  const { metHz, missedHz } = state;
  const middle = Math.round(Math.sqrt(metHz * missedHz));
  if (missedHz <= metHz * (1 + plan.precision) || middle <= metHz || middle >= missedHz) {
    if (state.limit !== 'noise' || state.again) return { ...state, phase: Phase.DONE };
    return { ...state, phase: Phase.CLIMB, again: true, rateHz: missedHz, missedHz: Infinity };
  }
  return { ...state, phase: Phase.NARROW, rateHz: middle };
}

function clamp(rateHz: number, { leastHz, mostHz }: KneePlan): number {
  return Math.min(mostHz, Math.max(leastHz, Math.round(rateHz)));
}
