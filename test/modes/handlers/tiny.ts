/** Does what each message says, over `tiny`. The protocol comes by the module's own URL: `tiny.ts?packed`. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../../src/handler.ts';
import { tiny, type TinyKind, type TinyReply } from '../support/tiny.ts';

const kind = (new URL(import.meta.url).search.slice(1) || 'framed') as TinyKind;
let log: string | undefined;

function note(what: string): void {
  if (log !== undefined) appendFileSync(log, `${what}\n`);
}

async function* chunks(count: number, bytes: number, failAt = Infinity) {
  let given = 0;
  try {
    for (; given < count; given += 1) {
      if (given === failAt) throw new Error('the source failed');
      note(`pulled ${given + 1}`);
      yield `${String(given).padStart(6, '0')}${'.'.repeat(Math.max(0, bytes - 7))}\n`;
      if (given % 8 === 0) await sleep(0);
    }
  } finally {
    note(`source over after ${given}`);
  }
}

/** One that waits for ever, and is told to stop. */
function endless(): AsyncIterable<string> {
  let first = true;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        if (!first) return new Promise(() => {});
        first = false;
        return Promise.resolve({ done: false, value: 'first\n' });
      },
      return: () => {
        note('returned');
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}

async function lateReply(ms: string, text: string): Promise<TinyReply> {
  await sleep(Number(ms));
  return text;
}

function act(message: string, connection: Connection<TinyReply>): unknown {
  const [verb, ...words] = message.split(' ');
  const text = words.join(' ');
  switch (verb) {
    case 'late':
      return lateReply(words[0], words.slice(1).join(' '));
    case 'stream':
      return { text: 'streams', stream: chunks(Number(words[0]), Number(words[1])) };
    case 'stream-close':
      return { text: 'streams', stream: chunks(Number(words[0]), Number(words[1])), close: true };
    case 'stream-throw':
      return { text: 'streams', stream: chunks(100, 10, Number(words[0])) };
    case 'endless':
      return { text: 'endless', stream: endless() };
    case 'last':
      return { text, close: true };
    case 'late-last':
      return sleep(Number(words[0]), { text: words.slice(1).join(' '), close: true });
    case 'switch':
      return { text: 'switching', switchTo: words[0] };
    case 'late-switch':
      return sleep(Number(words[1]), { text: 'switching', switchTo: words[0] });
    case 'throw':
      throw new Error('thrown on demand');
    case 'reject':
      return sleep(Number(words[0])).then(() => {
        throw new Error('rejected on demand');
      });
    case 'close':
      connection.close();
      return text;
    case 'push-stream':
      connection.send({ text: 'streams', stream: chunks(1, 10) });
      return 'not reached';
    case 'push-last':
      connection.send({ text, close: true });
      return 'never sent';
    default:
      return message;
  }
}

export default {
  protocol: tiny(kind),
  start({ data }: { data: { log?: string } | undefined }) {
    log = data?.log;
  },
  open: () => ({ messages: 0 }),
  message: (message: string, connection: Connection<TinyReply>) => act(message, connection),
  close: (_connection: Connection, { code }: { code: string }) => note(`close ${code}`),
  quads: {
    async open(connection: Connection<string>) {
      note('quads open');
      connection.send('open');
      await sleep(5);
      return { messages: 0 };
    },
    message(quad: string, { state }: Connection<string, { messages: number }>) {
      state.messages += 1;
      return quad === 'late' ? sleep(5, `late ${state.messages}`) : `${quad} ${state.messages}`;
    },
    close: (_connection: Connection, { code }: { code: string }) => note(`quads close ${code}`),
  },
};
