import t from 'tap';
import {
  beginKnee,
  NOISY_MISSES,
  Phase,
  stepKnee,
  type KneePlan,
  type KneeState,
  type Outcome,
} from './knee.ts';

const plan: KneePlan = { startHz: 1000, leastHz: 10, mostHz: 1_000_000, precision: 0.05 };
const met: Outcome = { met: true, noisy: false, clientBound: false };
const missed: Outcome = { met: false, noisy: false, clientBound: false };
const noisy: Outcome = { ...missed, noisy: true };
const clientBound: Outcome = { ...missed, clientBound: true };

/** Searches against a function of the rate. */
function search(
  outcomeOf: (rateHz: number, trial: number) => Outcome,
  overrides: Partial<KneePlan> = {},
): { state: KneeState; rates: number[] } {
  const own = { ...plan, ...overrides };
  let state = beginKnee(own);
  const rates: number[] = [];
  while (state.phase !== Phase.DONE) {
    if (rates.length > 200) throw new Error('the search does not end');
    rates.push(state.rateHz);
    state = stepKnee(own, state, outcomeOf(state.rateHz, rates.length));
  }
  return { state, rates };
}

t.test('finds the capacity of a server that has one', async (t) => {
  for (const capacity of [11, 137, 999, 1000, 1001, 5300, 64_000, 812_345]) {
    const { rates, state } = search((rate) => (rate <= capacity ? met : missed));
    t.ok(state.metHz <= capacity, `${capacity}: ${state.metHz} was met`);
    t.ok(state.missedHz > capacity, `${capacity}: ${state.missedHz} was missed`);
    t.ok(
      state.missedHz <= state.metHz * 1.05 + 1,
      `${capacity}: ${state.metHz} to ${state.missedHz}`,
    );
    t.equal(state.limit, 'server');
    t.ok(rates.length < 40, `${rates.length} loads`);
  }
});

t.test('the steps, one by one', async (t) => {
  const { rates } = search((rate) => (rate <= 3000 ? met : missed), { precision: 0.2 });
  t.same(rates, [1000, 2000, 4000, 4000, 2828, 3363, 3363]);
});

t.test('one miss is not believed', async (t) => {
  const { rates, state } = search((rate, trial) => (trial === 2 || rate > 3000 ? missed : met));
  t.same(rates.slice(0, 3), [1000, 2000, 2000]);
  t.ok(state.metHz > 2800, `${state.metHz}`);
});

t.test('misses in a row, not in all', async (t) => {
  let state = beginKnee(plan);
  state = stepKnee(plan, state, missed);
  t.equal(state.misses, 1);
  state = stepKnee(plan, state, met);
  t.equal(state.misses, 0);
  t.equal(state.rateHz, 2000);
});

t.test('on a noisy machine a miss is tried more often', async (t) => {
  const { rates, state } = search((rate) => (rate <= 1000 ? met : noisy), { precision: 1 });
  t.same(rates, [1000, ...Array.from({ length: 2 * NOISY_MISSES }, () => 2000)]);
  t.equal(state.limit, 'noise');
  t.equal(state.metHz, 1000);
});

t.test('a machine that becomes quiet does not keep the bound that its noise had set', async (t) => {
  const { rates, state } = search((rate, trial) => {
    if (rate > 30_000) return missed;
    return rate >= 4000 && trial < 8 ? noisy : met;
  });
  t.equal(state.limit, 'server');
  t.ok(state.metHz > 28_000, `${state.metHz} of 30,000, after ${rates.join(', ')}`);
});

t.test('the client may be the limit', async (t) => {
  const { state } = search((rate) => (rate <= 50_000 ? met : clientBound));
  t.equal(state.limit, 'client');
});

t.test('the ends', async (t) => {
  const all = search(() => met, { mostHz: 3000 });
  t.same(all.rates, [1000, 2000, 3000]);
  t.same([all.state.metHz, all.state.missedHz, all.state.limit], [3000, Infinity, 'most']);
  const none = search(() => missed, { leastHz: 400 });
  t.same(none.rates, [1000, 1000, 500, 500, 400, 400]);
  t.same([none.state.metHz, none.state.missedHz, none.state.limit], [0, 400, 'least']);
  const beyond = search(() => met, { startHz: 9000, mostHz: 3000 });
  t.same(beyond.rates, [3000]);
});

t.test('when it is done it stays done', async (t) => {
  const { state } = search(() => met, { mostHz: 1000 });
  t.same(stepKnee(plan, state, missed), state);
});

t.test('a server that wavers does not keep it searching for ever', async (t) => {
  for (const period of [2, 3, 5, 7]) {
    const { rates } = search((_, trial) => (trial % period === 0 ? met : missed));
    t.ok(rates.length <= 200, `${rates.length} loads`);
  }
});
