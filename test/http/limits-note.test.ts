/** The note on limits says what the code does. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { readSseOptions } from '../../src/http/sse.ts';
import { limitsOf } from '../../src/protocols/http1/options.ts';
import { frameLimits } from '../../src/protocols/websocket/options.ts';

const MIB = 1024 * 1024; // limits.messageLimitBytes
const note = readFileSync(new URL('../../native-notes/http-limits.md', import.meta.url), 'utf8');

t.test('the note on limits has every one, and its default', async (t) => {
  const { body: _, ...own } = limitsOf({}, MIB);
  const frames = Object.entries(frameLimits({}, MIB)).map(([name, value]) => [
    `websocket.${name}`,
    value,
  ]);
  for (const [name, value] of [...Object.entries(own), ...frames]) {
    const row = note.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    t.equal(row?.split('|')[2].trim().split(' ')[0], String(value), String(name));
  }
  const { requestTimeoutMs } = limitsOf({ body: 'stream' }, MIB);
  t.match(note, `(${requestTimeoutMs} with \`body: 'stream'\`)`);
  const { heartbeatMs, queueLimitBytes, slow } = readSseOptions({});
  t.match(
    note,
    `\`heartbeatMs\` ${heartbeatMs}, \`queueLimitBytes\` ${queueLimitBytes} (past it the policy \`slow\`: ${slow})`,
  );
});
