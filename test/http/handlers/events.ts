/** Event streams for sse.test.ts. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventChannel } from '../../../src/http/event-channel.ts';
import { router } from '../../../src/http/router.ts';
import { sse, type SlowPolicy } from '../../../src/http/sse.ts';

let log = '';
const note = (what: string): void => appendFileSync(log, `${what}\n`);

/** The same in every loop: a client may come back in another one. */
const channel = eventChannel({ history: 10, heartbeatMs: 50 });
for (let i = 1; i <= 20; i += 1) channel.publish({ id: String(i), data: `event ${i}` });

const FLOOD_BYTES = 64 * 1024;
const FLOOD_LIMIT_BYTES = 4 * FLOOD_BYTES;

export default Object.assign(
  router()
    .get('/fields', (request) =>
      sse(
        request,
        (stream) => {
          stream.send({ event: 'one', id: '✓', data: 'first\nsecond' });
          stream.comment('nothing');
          stream.send({ data: `you had "${stream.lastEventId}"` });
          stream.close();
        },
        { retryMs: 1234 },
      ),
    )
    .get('/later/:count', (request) =>
      sse(request, (stream) => {
        let sent = 0;
        const timer = setInterval(() => {
          sent += 1;
          stream.send({ id: String(sent), data: `number ${sent}` });
          if (sent === Number(request.params.count)) stream.close();
        }, 1);
        return () => clearInterval(timer);
      }),
    )
    .get('/rejects/:when', (request) =>
      sse(request, async (stream) => {
        stream.send({ data: 'first' });
        if (request.params.when === 'late') {
          note('waits to fail');
          await new Promise((resolve) => {
            stream.signal.addEventListener('abort', resolve);
          });
        } else if (request.params.when === 'end') {
          note('will fail');
          return async () => {
            throw new Error('its end rejects');
          };
        } else if (request.params.when === 'signal') {
          note('waits to be told');
          await sleep(1_000_000, undefined, { signal: stream.signal });
        } else {
          await sleep(1);
        }
        throw new Error(`it rejects ${request.params.when}`);
      }),
    )
    .get('/wait', (request) =>
      sse(
        request,
        (stream) => {
          note('waits');
          stream.signal.addEventListener('abort', () => note(`aborted ${stream.ended}`));
          return () => note('stopped');
        },
        { heartbeatMs: 20 },
      ),
    )
    .get('/channel', (request) => {
      const response = channel.respond(request);
      note(`clients ${channel.size}`);
      return response;
    })
    .get('/flood/:slow', (request) => {
      const slow = request.params.slow as SlowPolicy;
      return sse(
        request,
        (stream) => {
          let number = 0;
          let most = 0;
          const timer = setInterval(() => {
            const data = `${number} `.padEnd(FLOOD_BYTES, 'x');
            number += 1;
            stream.send({ data });
            most = Math.max(most, stream.waitingBytes);
            if (stream.dropped >= 20) stream.close();
          }, 1);
          return () => {
            clearInterval(timer);
            note(`${slow} ${stream.ended} ${most <= FLOOD_LIMIT_BYTES ? 'bounded' : most}`);
          };
        },
        { slow, queueLimitBytes: FLOOD_LIMIT_BYTES },
      );
    }),
  {
    start({ data }: { data: { log: string } }) {
      ({ log } = data);
    },
    error(error: Error) {
      note(error.message);
    },
  },
);
