/** Hono on @hono/node-server. */
import { serve } from '@hono/node-server';
import { app } from '../handlers/hono-app.ts';
import { announce, HOST } from './announce.ts';

serve({ fetch: app.fetch, hostname: HOST, port: 0 }, ({ port }) => announce(port));
