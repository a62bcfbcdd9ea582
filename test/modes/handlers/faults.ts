/** A handler over lines that fails in every way that a worker can. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { defineHandler } from '../../../src/handler.ts';
import { line } from '../../../src/protocols/line.ts';

const hoard: unknown[] = [];

export default defineHandler({
  protocol: line(),
  open: () => ({ count: 0 }),
  async message(text, { state }) {
    state.count += 1;
    const [verb, rest] = text.split(' ');
    switch (verb) {
      case 'who':
        return `${process.pid} ${threadId}`;
      case 'exit':
        process.exit(3);
      case 'uncaught':
        setImmediate(() => {
          throw new Error('uncaught on demand');
        });
        return sleep(60_000, 'never');
      case 'heap':
        for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
      case 'spin':
        writeFileSync(rest, 'spinning');
        for (;;);
      case 'late':
        return sleep(Number(rest), `late ${state.count}`);
      default:
        return `${text} ${state.count}`;
    }
  },
});
