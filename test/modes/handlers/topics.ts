/** Topics, over lines. What it declares comes by its URL. It notes down how connections end. */
import { appendFileSync, existsSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import type { CloseReason, Connection, StartContext } from '../../../src/handler.ts';
import { line } from '../../../src/protocols/line.ts';

const asked = new URL(import.meta.url).searchParams;
const POLL_MS = 5;

type Line = Connection<string>;
type Data = { log: string };

let context: StartContext<Data>;
let timer: NodeJS.Timeout | undefined;

/** Not before there is such a file does this loop do anything else. */
function wait(file: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(cell, 0, 0, POLL_MS);
}

/** Publishes from a timer, as an outside source would. */
function tick(topic: string, times: number): void {
  let n = 0;
  clearInterval(timer);
  timer = setInterval(() => {
    n += 1;
    context.publish(topic, `tick ${n}`);
    if (n === times) clearInterval(timer);
  }, 1);
}

function churn(connection: Line, times: number): void {
  for (let i = 0; i < times; i += 1) {
    connection.subscribe(`churn ${i % 7}`);
    if (i % 3 === 0) connection.subscribe(`churn ${i}`);
    connection.unsubscribe(`churn ${i % 7}`);
    if (i % 3 === 0) connection.unsubscribe(`churn ${i}`);
  }
}

function act(text: string, connection: Line): unknown {
  const [verb, topic, count, ...words] = text.split(' ');
  switch (verb) {
    case 'where':
      return `${process.pid} ${threadId}`;
    case 'sub':
      connection.subscribe(topic, { slow: (count ?? 'close') as 'close' });
      return `subscribed to ${topic}`;
    case 'unsub':
      connection.unsubscribe(topic);
      return `unsubscribed from ${topic}`;
    case 'pub':
      for (let i = 0; i < Number(count); i += 1)
        connection.publish(topic, `${words.join(' ')} ${i}`);
      return `published to ${topic}`;
    case 'fill':
      connection.publish(topic, 'f'.repeat(Number(count)));
      return undefined;
    case 'tick':
      tick(topic, Number(count));
      return undefined;
    case 'churn':
      churn(connection, Number(topic));
      return 'churned';
    case 'many':
      for (let i = 0; i < Number(topic); i += 1) connection.subscribe(`many ${i}`);
      return 'subscribed to many';
    case 'value':
      connection.publish(topic, JSON.parse(count) as string);
      return 'published a value';
    case 'symbol':
      connection.publish(topic, [Symbol('no')] as never);
      return 'published a symbol';
    case 'empty':
      connection.subscribe('');
      return 'not here';
    case 'wait':
      connection.send('waits');
      setImmediate(() => setImmediate(wait, topic));
      return undefined;
    case 'exit':
      process.exit(7);
    default:
      return text;
  }
}

function message(text: string, connection: Line): unknown {
  try {
    return act(text, connection);
  } catch (error) {
    const { name, message: why } = error as Error;
    return `${name}: ${why}`;
  }
}

export default {
  protocol: line(),
  ...(asked.has('mute') ? {} : { pushes: true }),
  ...(asked.has('stateless') ? { stateless: true } : { close }),
  start(given: StartContext<Data>) {
    context = given;
    if (asked.has('ticks')) tick('ticks', Infinity);
  },
  stop() {
    clearInterval(timer);
  },
  message,
  error({ name }: Error) {
    appendFileSync(context.data.log, `error ${name}\n`);
  },
};

function close(connection: Line, { code }: CloseReason): void {
  appendFileSync(context.data.log, `close ${code}\n`);
  if (!asked.has('mute')) connection.publish('ends', `ended: ${code}`);
}
