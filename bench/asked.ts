/** What a plan asks, in a sentence: handler, protocol, path, payload, connections, times, runs. Pure. */
import type { BenchPlan } from './result.ts';

/** As the questions have it that take a load from outside (questions/modes.ts, the load generator's payload). */
const DEFAULTS = { connections: 64, depth: 1, payloadBytes: 64 };

/** Protocols whose requests have no payload unless one is given. */
const WITHOUT_PAYLOAD = new Set(['http']);
/** Protocols that ask for a path. */
const WITH_PATH = new Set(['http', 'ws']);

export function sayPlan(plan: BenchPlan, environment: Readonly<Record<string, unknown>>): string {
  const what = plan.suite === 'modes' ? `${sayHandler(plan)}, ` : '';
  const each = plan.blocks === 1 ? '1 run' : `${plan.blocks} runs`;
  return (
    `${what}${each} of each, ${plan.durationMs / 1000} s behind ${plan.warmUpMs / 1000} s of warm-up, ` +
    `Node ${String(environment.node)}, ${String(environment.cores)} cores`
  );
}

function sayHandler({ handler, load, path, protocol }: BenchPlan): string {
  const { connections, depth, payloadBytes: bytes } = { ...DEFAULTS, ...load };
  const { payloadFile, payloadModule, payloadText, rateHz } = load;
  const deep = depth > 1 ? `, ${depth} in flight on each` : '';
  const how = rateHz === undefined ? 'closed loop' : `open loop at ${rateHz}/s`;
  const payloadBytes = payloadText === undefined ? bytes : Buffer.byteLength(payloadText);
  const payload = payloadFile ?? payloadModule;
  const given = load.payloadBytes ?? payloadText;
  const sized = given !== undefined || !WITHOUT_PAYLOAD.has(protocol);
  const size =
    payload === undefined ? (sized ? ` of ${payloadBytes} bytes` : '') : ` of ${payload}`;
  const at = WITH_PATH.has(protocol) ? `, path ${path}` : '';
  return `${handler}${size} over ${protocol}${at}, ${connections} connections${deep}, ${how}`;
}
