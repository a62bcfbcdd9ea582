/**
 * A clock by server-sent events: `patterns serve examples/sse.ts --mode=sharded --port=8080`, then open
 * http://localhost:8080 or `curl -N localhost:8080/clock`.
 *
 * Every loop ticks by itself, and the id of a tick is its number since 1970: so whoever loses the connection and comes
 * back, in whichever loop, gets the ticks that were missed.
 */
import { eventChannel, router } from 'patterns-runtime';

const HISTORY = 600;
const clock = eventChannel({ history: HISTORY, retryMs: 500 });
let tickMs = 1000;
let last = 0;
let timer: NodeJS.Timeout | undefined;

/** Publishes every tick up to now: a timer may be late. */
function tick(): void {
  const now = Math.floor(Date.now() / tickMs);
  for (last = Math.max(last, now - HISTORY); last < now;) {
    last += 1;
    clock.publish({ id: String(last), data: new Date(last * tickMs).toISOString() });
  }
}

const page = `<!doctype html>
<title>clock</title>
<output id="time"></output>
<script>
  window.ticks = [];
  window.source = new EventSource('/clock');
  source.onmessage = ({ data, lastEventId }) => {
    ticks.push(Number(lastEventId));
    time.textContent = data;
  };
</script>
`;

const routes = router()
  .get('/', () => ({ headers: { 'content-type': 'text/html' }, body: page }))
  .get('/clock', (request) => {
    tick(); // what came while a thread of `blocking` had nothing to do is history
    return clock.respond(request);
  });

export default Object.assign(routes, {
  start({ data }: { data?: { tickMs?: number } }) {
    tickMs = data?.tickMs ?? tickMs;
    tick();
    timer = setInterval(tick, tickMs);
  },
  stop() {
    clearInterval(timer);
    clock.close();
  },
});
