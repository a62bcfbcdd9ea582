/**
 * A clock by server-sent events: `patterns serve examples/sse.ts --mode=sharded --port=8080`, then open
 * http://localhost:8080 or `curl -N localhost:8080/clock`.
 *
 * One worker ticks, and clients of all workers hear it. Whoever loses the connection and comes back, to whichever worker,
 * gets the ticks that were missed.
 */
import { eventChannel, router, type StartContext } from 'patterns-runtime';

const clock = eventChannel({ name: 'clock', history: 600, retryMs: 500 });
let timer: NodeJS.Timeout | undefined;

const page = `<!doctype html>
<title>clock</title>
<output id="time"></output>
<script>
  window.ticks = [];
  window.source = new EventSource('/clock');
  source.onmessage = ({ data, lastEventId }) => {
    ticks.push(lastEventId);
    time.textContent = data;
  };
</script>
`;

const routes = router({ pushes: true })
  .get('/', () => ({ headers: { 'content-type': 'text/html' }, body: page }))
  .get('/clock', (request) => clock.respond(request));

export default Object.assign(routes, {
  async start(context: StartContext<{ tickMs?: number } | undefined>) {
    await clock.join(context);
    if (context.workerId > 1) return;
    const tick = () => clock.publish({ data: new Date().toISOString() });
    timer = setInterval(tick, context.data?.tickMs ?? 1000);
  },
  stop() {
    clearInterval(timer);
    clock.close();
  },
});
