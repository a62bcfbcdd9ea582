/** Its worker is gone before it can serve. */
import { defineHandler } from '../../../src/handler.ts';

export default defineHandler({
  start() {
    process.exit(7);
  },
  message: () => undefined,
});
