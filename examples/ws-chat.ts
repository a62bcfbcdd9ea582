/**
 * A chat in the browser, over WebSockets and topics: `patterns serve examples/ws-chat.ts --mode=sharded --port=8080`,
 * then open http://localhost:8080/#room in two tabs. Whoever is in a room hears the others, in whichever worker they are.
 */
import { router } from 'patterns-runtime';

const PAGE = `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>chat</title><link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
  ol { list-style: none; padding: 0 }
</style>
<h1>chat</h1>
<ol id="log"></ol>
<input id="input" aria-label="message" placeholder="say something" autofocus>
<script>
  const room = location.hash.slice(1) || 'lobby';
  const url = location.origin.replace('http', 'ws') + '/rooms/' + encodeURIComponent(room);
  const heard = [];
  let socket;
  const note = (text) => {
    heard.push(text);
    log.appendChild(document.createElement('li')).textContent = text;
  };
  const join = () => {
    socket = new WebSocket(url);
    socket.onopen = () => note('you are in ' + room);
    socket.onmessage = ({ data }) => note(data);
    socket.onclose = () => setTimeout(join, 1000);
  };
  const say = (text) => socket.send(text);
  input.onchange = () => { if (input.value) say(input.value); input.value = ''; };
  join();
</script>
`;

export default router({ pushes: true })
  .get('/', () => ({ headers: { 'content-type': 'text/html; charset=utf-8' }, body: PAGE }))
  .ws('/rooms/:room', {
    open(connection) {
      const topic = `room/${connection.request.params.room}`;
      connection.subscribe(topic);
      return topic;
    },
    message(data, connection) {
      if (typeof data !== 'string') {
        connection.close(1003, 'text, please');
        return undefined;
      }
      connection.publish(connection.state, `them: ${data}`);
      return `you: ${data}`;
    },
  });
