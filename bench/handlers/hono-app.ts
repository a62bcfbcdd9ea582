/** The app that runs on our runtime (hono.ts) and on @hono/node-server (bench/peers/hono.ts). */
import { Hono } from 'hono';
import { document } from './document.ts';

export const app = new Hono()
  .get('/', (c) => c.text('hello'))
  .get('/json', (c) => c.json(document));
