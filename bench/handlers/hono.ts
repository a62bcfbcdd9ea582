/** A Hono app on our runtime. */
import { fromFetch } from 'patterns-runtime';
import { app } from './hono-app.ts';

export default fromFetch(app);
