/** Gives every message back, whatever the protocol. */
import { defineHandler } from '../handler.ts';

export default defineHandler({
  stateless: true,
  message: (input: unknown) => input,
});
