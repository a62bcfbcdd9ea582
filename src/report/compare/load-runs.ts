/** Results of `patterns load --json` as runs. */
import type { Loaded } from '../html/schema.ts';
import { delivers, latencyOf, LOOPS, offerOf } from '../loops.ts';
import type { ComparedRun, Doubt, FigureName } from './run.ts';

/** Percentiles by the words that `tooFew` has for them. */
const PERCENTILES = { p50: 'p50Us', p90: 'p90Us', p99: 'p99Us', p999: 'p999Us' } as const;

export function loadRun(file: string, result: Loaded): ComparedRun {
  const { environment } = result;
  return {
    file,
    startedAtMs: Date.parse(environment.startedAt),
    session: '',
    block: Number.NaN,
    figures: figuresOf(result),
    asked: askedOf(result),
    machine: [environment.node, environment.os, environment.cpu, environment.cores].join(', '),
    doubts: doubtsOf(result),
  };
}

function figuresOf(result: Loaded): ComparedRun['figures'] {
  const latency = latencyOf(result);
  const figures: Partial<Record<FigureName, number>> = {};
  // How much is published is not the server's doing.
  if (!delivers(result.loop)) figures.perSecond = result.ratePerSecond;
  if (result.server !== null) figures.cpuUs = result.server.cpuPerRequestUs;
  for (const [word, name] of Object.entries(PERCENTILES)) {
    if (!latency.tooFew.includes(word)) figures[name] = latency[name];
  }
  return figures;
}

/** Not the target: that is what differs. */
function askedOf(result: Loaded): string {
  const { connections, depth, loop, protocol, threads } = result;
  const offer = offerOf(result);
  return (
    `${protocol}, ${LOOPS[loop].name}${offer === '' ? '' : `, ${offer}`}, ${connections} connections, ` +
    `${delivers(loop) ? '' : `${depth} in flight on each, `}${threads} client threads`
  );
}

function doubtsOf(result: Loaded): Doubt[] {
  const doubts: [Doubt, boolean][] = [
    ['clientBound', result.verdict.name === 'CLIENT_BOUND'],
    ['noisy', result.verdict.name === 'NOISY_MACHINE'],
    [delivers(result.loop) ? 'missed' : 'failed', result.failedTotal > 0],
    ['broken', result.connects.broken > 0],
    ['interrupted', result.interrupted],
    ['unsteady', result.steady === false],
  ];
  return doubts.filter(([, is]) => is).map(([doubt]) => doubt);
}
