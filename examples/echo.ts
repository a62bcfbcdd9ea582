/** Gives every line back: `patterns serve examples/echo.ts --mode=sharded`. */
import { defineHandler, line } from 'patterns-runtime';

export default defineHandler({
  protocol: line(),
  stateless: true,
  message(text) {
    return text;
  },
});
