/** A Fastify application behind a mode: each loop has one of its own. */
import fastify from 'fastify';
import { defineHandler, fromHttpServer } from 'patterns-runtime';

const app = fastify();

app.get('/', async () => ({ hello: 'world', pid: process.pid }));

app.post('/sum', {
  schema: { body: { type: 'array', items: { type: 'number' } } },
  handler: async (request) => ({ sum: (request.body as number[]).reduce((a, b) => a + b, 0) }),
});

const embedded = fromHttpServer(app.server);

export default defineHandler({
  ...embedded,
  async start(context) {
    await app.ready();
    await embedded.start(context);
  },
  async stop() {
    await embedded.stop();
    await app.close(); // runs the application's onClose hooks
  },
});
