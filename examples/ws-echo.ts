/**
 * WebSockets beside HTTP on one port: `patterns serve examples/ws-echo.ts --mode=sharded --port=8080`, then open
 * http://localhost:8080, or `patterns load ws://localhost:8080/echo --expect=echo`.
 */
import { router } from 'patterns-runtime';

const PAGE = `<!doctype html><title>echo</title><input autofocus><pre></pre><script>
const socket = new WebSocket(location.href.replace('http', 'ws') + 'echo');
const [input, log] = [document.querySelector('input'), document.querySelector('pre')];
const note = (text) => (log.textContent += text + '\\n');
input.onchange = () => (socket.send(input.value), (input.value = ''));
socket.onopen = () => note('open');
socket.onmessage = ({ data }) => note(data);
socket.onclose = ({ code }) => note('closed ' + code);
</script>`;

export default router()
  .get('/', () => ({ headers: { 'content-type': 'text/html; charset=utf-8' }, body: PAGE }))
  .ws('/echo', { message: (data) => data })
  .ws('/rooms/:room', {
    open: ({ request }) => ({ room: request.params.room, messages: 0 }),
    message(data, { state }) {
      state.messages += 1;
      return `${state.room} ${state.messages}: ${String(data)}`;
    },
  });
