/** Event streams out of a fetch handler, for sse.test.ts. */
import { fromFetch } from '../../../src/http/fetch.ts';
import { eventChannel } from '../../../src/http/event-channel.ts';
import { sse } from '../../../src/http/sse.ts';

const channel = eventChannel();
for (let i = 1; i <= 5; i += 1) channel.publish({ id: String(i), data: `event ${i}` });

export default fromFetch(async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === '/channel') return channel.respond(request);
  return sse(request, (stream) => {
    stream.send({ event: 'one', id: '1', data: 'first\nsecond' });
    setTimeout(() => {
      stream.send({ data: `you had "${stream.lastEventId}"` });
      stream.close();
    }, 1);
  });
});
