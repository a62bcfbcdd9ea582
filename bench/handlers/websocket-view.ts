/** The echo whose messages are not copied first, as those of uWebSockets.js are not. */
import { http, router } from 'patterns-runtime';

export default router({ protocol: http({ websocket: { view: true } }) }).ws('/', {
  message: (data) => data,
});
