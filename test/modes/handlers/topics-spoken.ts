/** Topics in the words of each protocol: `data` says which. A message that is no 'sub' is published. */
import type { Connection } from '../../../src/handler.ts';
import type { ProtocolName } from '../../../src/protocols/index.ts';
import { scripts, type Script } from '../support/scripts.ts';

let script: Script;

export default {
  pushes: true,
  start({ data }: { data: ProtocolName }) {
    script = scripts[data]!;
  },
  message(input: unknown, connection: Connection) {
    const op = script.op(input as never);
    if (op === 'sub') connection.subscribe('news');
    else connection.publish('news', script.answer(op));
    return script.answer(`did ${op}`);
  },
};
