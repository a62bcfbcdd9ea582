/** The load in a process of its own, with marks at both ends of its window: HOST PORT PLAN, where PLAN is JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, type LoadPlan } from 'patterns-runtime/load';
import type { ClientPlan } from './load.ts';
import type { LoadResult, Mark } from './measure/client.ts';

const [host, port, text] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(text) as ClientPlan;
const durationMs = plan.seconds * 1000;

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

let ended: Promise<void> = Promise.resolve();
let begun = false;

const load: LoadPlan = {
  target: `tcp://${host}:${port}`,
  protocol: plan.protocol,
  connections: plan.connections,
  depth: plan.pipeline ?? 1,
  payloadBytes: plan.bytes,
  warmupMs: plan.warmUpSeconds * 1000,
  durationMs,
  ...(plan.rateHz === undefined ? {} : { rateHz: plan.rateHz }),
  ...(plan.churn === undefined ? {} : { requestsPerConnection: 1 }),
};

// This thread only waits while others load, so its timer ends the window in time.
const found = await runLoad(load, {
  onProgress({ phase }) {
    if (phase !== 'measuring' || begun) return;
    begun = true;
    say({ mark: 'begin' });
    ended = sleep(durationMs).then(() => say({ mark: 'end' }));
  },
});
await ended;

const { response } = found;
const result: LoadResult = {
  messages: found.answered,
  seconds: found.durationMs / 1000,
  errors: found.failedTotal,
  latencyMs: {
    p50: response.p50Us / 1000,
    p99: response.p99Us / 1000,
    p999: response.p999Us / 1000,
    max: response.maxUs / 1000,
  },
  detail: {
    label: found.label,
    verdict: found.verdict,
    client: found.client,
    offeredPerSecond: found.offeredPerSecond,
    steady: found.steady,
    problems: found.problems,
  },
};
say({ mark: 'result', result });
