/** A handler of http with a hook for connections, which mode `native` refuses. */
import { defineHandler } from '../../../src/handler.ts';
import { http } from '../../../src/protocols/http1/http.ts';

export default defineHandler({
  protocol: http(),
  open: () => ({ count: 0 }),
  message: () => ({ body: 'hello' }),
});
