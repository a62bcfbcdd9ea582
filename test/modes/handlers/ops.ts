/** Does what each message says. `data.protocol` says in which words. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { Connection } from '../../../src/handler.ts';
import { defineHandler } from '../../../src/handler.ts';
import type { ProtocolName } from '../../../src/protocols/index.ts';
import { scripts, type Script } from '../support/scripts.ts';

export interface OpsData {
  readonly protocol: ProtocolName;
  /** A file that gets a line for everything that happens. */
  readonly log?: string;
}

let script: Script;
let log: string | undefined;
let worker = -1;

function note(what: string): void {
  if (log !== undefined) appendFileSync(log, `${what}\n`);
}

/** `late 20 hello` → ['late', '20 hello'] */
function cut(op: string): [string, string] {
  const at = op.indexOf(' ');
  return at < 0 ? [op, ''] : [op.slice(0, at), op.slice(at + 1)];
}

/** What an op is answered with: undefined for nothing. */
export function act(op: string, connection: Connection): unknown {
  const [verb, rest] = cut(op);
  switch (verb) {
    case 'late': {
      const [ms, text] = cut(rest);
      return sleep(Number(ms), script.answer(text));
    }
    case 'soon':
      return Promise.resolve(script.answer(rest));
    case 'throw':
      throw new Error(`thrown on demand: ${rest}`);
    case 'reject':
      return sleep(Number(rest)).then(() => {
        throw new Error('rejected on demand');
      });
    case 'none':
      return undefined;
    case 'null':
      return null;
    case 'big':
      return script.answer('x'.repeat(Number(rest)));
    case 'bye':
      connection.close();
      return script.answer(rest);
    case 'where':
      return script.answer(`${process.pid} ${threadId}`);
    case 'exit':
      process.exit(3);
    default:
      return script.answer(op);
  }
}

export default defineHandler({
  start({ data, workerId }: { data: OpsData; workerId: number }) {
    script = scripts[data.protocol]!;
    log = data.log;
    worker = workerId;
    note(`start ${worker}`);
  },
  stop() {
    note(`stop ${worker}`);
  },
  open: () => ({ count: 0 }),
  message(input: never, connection: Connection<unknown, { count: number }>) {
    connection.state.count += 1;
    const op = script.op(input);
    return act(op === 'count' ? `count is ${connection.state.count}` : op, connection);
  },
  close(_connection, { code }) {
    note(`close ${code}`);
  },
});
