/** autocannon as a client that marks its window: HOST PORT PLAN. The warm-up is another of its runs, in this process. */
import autocannon from 'autocannon';
import type { Mark } from '../measure/client.ts';
import type { HttpPlan } from '../http-plan.ts';

const [host, port, text] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(text) as HttpPlan;

const run = (seconds: number): Promise<autocannon.Result> =>
  autocannon({
    url: `http://${host}:${port}${plan.path}`,
    connections: plan.connections,
    pipelining: plan.pipeline,
    duration: seconds,
  });

function say(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

await run(plan.warmUpSeconds);
say({ mark: 'begin' });
const { duration, errors, non2xx, requests, timeouts } = await run(plan.seconds);
say({ mark: 'end' });
const failed = errors + timeouts + non2xx;
say({ mark: 'result', result: { messages: requests.total, seconds: duration, errors: failed } });
