/** Answers a line with two, in two turns of the loop, and so in two writes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { defineHandler, line } from 'patterns-runtime';

export default defineHandler({
  protocol: line(),
  async message(_text, connection) {
    connection.send('head');
    await nextTurn();
    return 'body';
  },
});
