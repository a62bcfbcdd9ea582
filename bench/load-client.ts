/** The load in a process of its own, with marks at both ends of its window: HOST PORT PLAN, where PLAN is JSON. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { OptionError } from 'patterns-runtime';
import { runLoad, type LoadPlan } from 'patterns-runtime/load';
import type { ClientPlan } from './load.ts';
import { REFUSED, type LoadResult, type Mark } from './measure/client.ts';
import { exitOnSignals } from './measure/children.ts';
import { nodeArgs, programOf } from './servers.ts';

const WITH_PATH = ['http', 'ws'];

const [host, port, text] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(text) as ClientPlan;
const { durationMs } = plan;

exitOnSignals();

/** A load that cannot be is not tried with another server. */
function refuse(error: Error): never {
  process.stderr.write(`${error.message}\n`);
  const isLoads = error instanceof OptionError && !error.message.startsWith('Nothing answers');
  process.exit(isLoads ? REFUSED : 1);
}

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

/** Resolves when it has said that it is under way. It ends with this process, however that ends: its stdin does. */
async function startBeside({
  program,
  args,
}: NonNullable<ClientPlan['beside']>): Promise<ChildProcess> {
  const words = [...nodeArgs, programOf(program), host, port, ...args.map(String)];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const begun = once(child.stdout, 'data');
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`${program} ended with ${code} before it was under way.`);
  });
  await Promise.race([begun, ended]);
  ended.catch(() => {}); // from now on it may end when it likes
  return child;
}

const beside = plan.beside === undefined ? undefined : await startBeside(plan.beside);

let ended: Promise<void> = Promise.resolve();
let begun = false;

const scheme = WITH_PATH.includes(plan.protocol) ? plan.protocol : 'tcp';
const load: LoadPlan = {
  target: `${scheme}://${host}:${port}${scheme === 'tcp' ? '' : (plan.path ?? '/')}`,
  protocol: plan.protocol,
  connections: plan.connections,
  depth: plan.pipeline ?? 1,
  ...(plan.bytes === undefined ? {} : { payloadBytes: plan.bytes }),
  ...(plan.rateHz === undefined ? {} : { rateHz: plan.rateHz }),
  ...(plan.churn === undefined ? {} : { requestsPerConnection: 1 }),
  ...plan.more,
  warmupMs: plan.warmUpMs,
  durationMs,
};

// This thread only waits while others load, so its timer ends the window in time.
const running = runLoad(load, {
  onProgress({ phase }) {
    if (phase !== 'measuring' || begun) return;
    begun = true;
    say({ mark: 'begin' });
    ended = sleep(durationMs).then(() => say({ mark: 'end' }));
  },
});
const found = await running.catch(refuse);
if (found.gaveUp !== null) refuse(new OptionError(`The load ended early: ${found.gaveUp}.`));
await ended;
beside?.kill('SIGKILL');

const { response } = found;
/** Connections given up for what nothing had asked for: no request counts them. */
const unasked = found.connects.broken;
const result: LoadResult = {
  messages: found.answered,
  seconds: found.durationMs / 1000,
  errors: found.failedTotal + unasked,
  latencyMs: {
    p50: response.p50Us / 1000,
    p90: response.p90Us / 1000,
    p95: response.p95Us / 1000,
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
    tooFew: response.tooFew,
    warmup: found.warmup,
    /** False: its warm-up was to last until all was steady, and was given up. */
    settled: plan.warmUpMs !== 'auto' || found.warmup.steady !== false,
    failed: unasked === 0 ? found.failed : { ...found.failed, unasked },
    problems: found.problems,
    histogram: response.histogram,
  },
};
say({ mark: 'result', result });
