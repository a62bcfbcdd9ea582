/** For stop.test.ts: `/hold` answers when the file `data.gate` is there, any other path with the request's own body. */
import { existsSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { defineHandler } from '../../../src/handler.ts';
import { http } from '../../../src/protocols/http1/http.ts';

const POLL_MS = 5;
/** What was sent to this loop before the gate opened has arrived by then. */
const TURNS = 10;

let gate = '';

async function opened(): Promise<void> {
  while (!existsSync(gate)) await sleep(POLL_MS);
  for (let i = 0; i < TURNS; i += 1) await setImmediate();
}

export default defineHandler({
  protocol: http({
    body: new URL(import.meta.url).searchParams.get('body') === 'stream' ? 'stream' : 'collect',
  }),
  start: ({ data }) => void ({ gate } = data as { gate: string }),
  async message(request) {
    if (request.path === '/hold') await opened();
    if (request.query === 'throw') throw new Error('asked for');
    if (request.path === '/back') return { body: request.stream() };
    return { body: await request.bytes() };
  },
  error() {},
});
