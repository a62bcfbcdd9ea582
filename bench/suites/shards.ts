/**
 * What more loops cost when one would do. At the same offered rate: a loop with less to do finds less in each turn, so
 * at full load it would be compared with itself at another batch size.
 */
import { FIGURES, type Claim, type Suite } from './suite.ts';
import { median } from '../measure/statistics.ts';
import { ours, unpinned } from '../servers.ts';
import { arm, arms } from './arms.ts';

const ECHO = { protocol: 'bytes', connections: 64, bytes: 64 };
const SHARE = 0.7;
const PEAK_RUNS = 3;
const UNITS = ['thread', 'process'];

export const shards: Suite = {
  name: 'shards',
  question: 'What does `sharded` cost over `single` at 70 % of what `single` can do?',
  async arms(settings) {
    const peak = arm(ours({ mode: 'single' }), ECHO, settings);
    const rates: number[] = [];
    for (let run = 0; run < PEAK_RUNS; run += 1) {
      rates.push(FIGURES.perSecond.of(await peak.run()));
    }
    const rateHz = Math.round(SHARE * median(rates));
    settings.say(
      `shards: the peak of single is ${Math.round(median(rates))}/s; offered: ${rateHz}/s`,
    );
    const servers = [
      ours({ mode: 'single' }),
      ...UNITS.map((unit) => ours({ mode: 'sharded', unit, workers: 2 })),
    ];
    return arms(servers.map(unpinned), { ...ECHO, rateHz }, settings);
  },
  claims: UNITS.map((unit): Claim => ({
    says: `sharded by ${unit} over single, at 70 % of single's peak`,
    figure: 'cpuUs',
    of: `sharded ${unit}`,
    over: ['single'],
    atMost: 1.1,
  })),
};
