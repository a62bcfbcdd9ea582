/** A body without an end, whose pieces are always ready; and a short one beside it. Notes down which began and which ended. */
import { appendFileSync } from 'node:fs';
import { defineHandler } from '../../../src/handler.ts';
import { http } from '../../../src/protocols/http1/http.ts';

const PIECE = Buffer.alloc(60_000, 'x');
let log = '';

async function* endless(): AsyncGenerator<Uint8Array> {
  appendFileSync(log, 'begun\n');
  try {
    for (;;) yield PIECE;
  } finally {
    appendFileSync(log, 'ended\n');
  }
}

export default defineHandler({
  protocol: http(),
  start: ({ data }) => void ({ log } = data as { log: string }),
  message: ({ path }) => ({ body: path === '/endless' ? endless() : 'hello' }),
});
