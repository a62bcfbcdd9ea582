/** The same, without anything kept: in `dispatched` its messages spread over executors. */
import { defineHandler } from '../../../src/handler.ts';
import ops from './ops.ts';
import { act } from './ops.ts';

export default defineHandler({
  stateless: true,
  start: (context: never) => ops.start!(context),
  message: (input: never, connection) => ops.message(input, { ...connection, state: { count: 0 } }),
});
export { act };
