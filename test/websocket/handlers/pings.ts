/** Asks for pings, which take timers. */
import { http } from '../../../src/protocols/http1/http.ts';

export default {
  protocol: http({ websocket: { pingIntervalMs: 1000 } }),
  message: () => ({ body: '' }),
  websocket: { message: (data: string | Buffer) => data },
};
