/**
 * The contract of connections, over lines. What it declares comes by its URL: `?pushes&open=async`. It notes down what
 * happens to it.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { CloseReason, Connection, StartContext } from '../../../src/handler.ts';
import { line } from '../../../src/protocols/line.ts';

const asked = new URL(import.meta.url).searchParams;
const has = (flag: string) => asked.has(flag);

interface State {
  opened: string;
  messages: number;
  results: string[];
}
type Line = Connection<string, State>;
type Data = { log?: string; text?: string } | undefined;

let log: string | undefined;
let running = 0;
let most = 0;
let context: StartContext<Data> | undefined;
let timer: NodeJS.Timeout | undefined;

function note(what: string): void {
  if (log !== undefined) appendFileSync(log, `${what}\n`);
}

function open(connection: Line): State | Promise<State> {
  note('open');
  const state = { opened: asked.get('open')!, messages: 0, results: [] };
  switch (asked.get('open')) {
    case 'async':
      return sleep(20, state);
    case 'throw':
      throw new Error('open threw');
    case 'reject':
      return sleep(20).then(() => {
        throw new Error('open rejected');
      });
    case 'send':
      connection.send('welcome');
      return sleep(5).then(() => {
        connection.send('and hello');
        return state;
      });
    case 'close':
      connection.send('goodbye');
      connection.close();
      return state;
    default:
      return state;
  }
}

/** From now on no worker starts any more. */
function isDoomed(): boolean {
  return log !== undefined && readFileSync(log, 'utf8').includes('doomed');
}

/** Sends until it is told to wait. */
function flood(connection: Line, bytes: number): string {
  const text = 'f'.repeat(bytes);
  let sent = 0;
  for (;;) {
    sent += 1;
    const result = connection.send(text);
    if (result === 'ok') continue;
    note(`flooded ${result}`);
    return `${result} after ${sent}`;
  }
}

/** Sends, whatever it is told, until the connection is closed. */
function overflow(connection: Line, bytes: number): Promise<void> {
  const text = 'o'.repeat(bytes);
  let sent = 0;
  let result = '';
  while (result !== 'closed' && sent < 100_000) {
    sent += 1;
    result = connection.send(text);
  }
  note(`overflow ${result} after ${sent}`);
  return new Promise(() => {});
}

function tick(connection: Line, times: number): void {
  let n = 0;
  const interval = setInterval(() => {
    n += 1;
    const sent = connection.send(`tick ${n}`);
    if (n === times || sent === 'closed') clearInterval(interval);
    if (sent === 'closed') note(`tick closed`);
  }, 2);
}

async function overlapping(ms: number): Promise<string> {
  running += 1;
  most = Math.max(most, running);
  await sleep(ms);
  running -= 1;
  return `most ${most}`;
}

function act(text: string, connection: Line): unknown {
  const [verb, ...rest] = text.split(' ');
  switch (verb) {
    case 'state':
      connection.state.messages += 1;
      return JSON.stringify(connection.state);
    case 'who':
      return `${connection.remoteAddress} ${connection.id > 0}`;
    case 'start':
      return JSON.stringify(context);
    case 'where':
      return `${process.pid} ${threadId}`;
    case 'send':
      return [...rest, 'and'].map((word) => connection.send(word)).join(' ');
    case 'send-late':
      return sleep(10).then(() => connection.send(rest.join(' ')));
    case 'push':
      setTimeout(() => {
        try {
          note(`push ${connection.send('pushed')}`);
        } catch (error) {
          note(`push ${(error as Error).name}`);
        }
      }, 20);
      return 'soon';
    case 'tick':
      tick(connection, Number(rest[0]));
      return 'ticks';
    case 'large':
      return 'l'.repeat(Number(rest[0]));
    case 'flood':
      return flood(connection, Number(rest[0]));
    case 'overflow':
      return overflow(connection, Number(rest[0]));
    case 'close':
      connection.close();
      return connection.send('x');
    case 'overlap':
      return overlapping(Number(rest[0]));
    case 'in-flight':
      note('started');
      return sleep(Number(rest[0]), 'done');
    case 'late':
      return sleep(Number(rest[0]), rest.slice(1).join(' '));
    case 'never':
      note('never');
      connection.signal.addEventListener('abort', () =>
        note(`aborted ${(connection.signal.reason as Error).message}`),
      );
      return new Promise(() => {});
    case 'throw':
      throw new Error('message threw');
    case 'reject':
      return sleep(5).then(() => {
        throw new Error('message rejected');
      });
    case 'unencodable':
      return 'two\nlines';
    case 'nothing':
      return undefined;
    case 'crash':
      setTimeout(() => {
        throw new Error('crashed on demand');
      }, 0);
      return new Promise(() => {});
    case 'exit':
      process.exit(7);
    case 'doom':
      note('doomed');
      return 'ok';
    case 'memory':
      return eat();
    case 'spin':
      note(`spins ${process.pid}`);
      for (;;);
    default:
      return text;
  }
}

function eat(): never {
  const eaten: unknown[] = [];
  for (;;) eaten.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
}

export default {
  protocol: line(),
  ...(has('pushes') ? { pushes: true } : {}),
  ...(has('stateless') ? { stateless: true } : {}),
  ...(has('concurrency') ? { concurrency: Number(asked.get('concurrency')) } : {}),
  async start(given: StartContext<Data>) {
    context = given;
    log = given.data?.log;
    note(`start ${given.workerId}`);
    if (has('exit-at-start') || isDoomed()) process.exit(9);
    if (has('throw-at-start')) throw new RangeError('start threw');
    timer = setInterval(() => {}, 1000); // as a pool would keep it
    await sleep(5);
  },
  async stop() {
    clearInterval(timer);
    await sleep(5);
    note(`stop ${context!.workerId}`);
    if (has('throw-at-stop')) throw new Error('stop threw');
    if (has('hang-at-stop')) await new Promise(() => {});
  },
  ...(has('stateless')
    ? {}
    : {
        ...(has('open') ? { open } : {}),
        drain(connection: Line) {
          note('drain');
          if (has('pushes')) connection.send('drained');
        },
        close(connection: Line, { code, error }: CloseReason) {
          note(`close ${code}${connection.signal.aborted ? '' : ' before the signal'}`);
          if (error !== undefined)
            note(`because ${error instanceof Error ? error.message : (error as string)}`);
          if (has('throw-at-close')) throw new Error('close threw');
        },
      }),
  error(error: Error) {
    note(`error ${error.message}`);
  },
  message: act,
};
