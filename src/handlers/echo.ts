/** Gives every message back, whatever the protocol; over http those of WebSockets, too. */
import { defineHandler } from '../handler.ts';

const hooks = { message: (data: string | Buffer) => data };

export default defineHandler({
  stateless: true,
  message: (input: unknown) => input,
  websocket: () => hooks,
});
