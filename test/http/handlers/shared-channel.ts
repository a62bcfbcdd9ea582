/** A channel of all loops of a server, for shared-channel.test.ts. `?forgot`: it does not join; `?mute`: it may not push. */
import { appendFileSync, existsSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { eventChannel } from '../../../src/http/event-channel.ts';
import { router } from '../../../src/http/router.ts';
import type { StartContext } from '../../../src/handler.ts';

const flags = new URL(import.meta.url).search;
/** In `native` the head of a response goes out with the first bytes of its body: with a heartbeat, if nothing else. */
const channel = eventChannel({ name: 'news', history: 200, heartbeatMs: 50 });
const where = `${process.pid}/${threadId}`;

const routes = router({ pushes: !flags.includes('mute') })
  .get('/news', (request) => {
    const response = channel.respond(request);
    return { ...response, headers: { 'content-type': 'text/event-stream', 'x-where': where } };
  })
  .post('/news/:count', (request) => {
    for (let i = 0; i < Number(request.params.count); i += 1) {
      channel.publish({ event: 'news', data: `${request.text()} ${i}` });
    }
    return { status: 202 };
  })
  .post('/die', () => process.exit(1))
  .post('/sleep', (request) => {
    const file = request.text();
    appendFileSync(`${file}.asleep`, 'z');
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(file)) Atomics.wait(never, 0, 0, 5);
    return { status: 202 };
  });

export default Object.assign(routes, {
  async start(context: StartContext) {
    if (!flags.includes('forgot')) await channel.join(context);
  },
  stop() {
    channel.close();
  },
});
