/** Every case of the table, by the collecting and the streaming decoder: whole, cut at every byte, and byte by byte. */
import t from 'tap';
import { Step } from '../../src/protocols/protocol.ts';
import { AREAS, type Case } from './cases/index.ts';
import { bytes, hear, hearAll } from './support.ts';

const GOOD = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n';

for (const { name, cases } of AREAS) {
  void t.test(name, async (t) => {
    for (const each of cases) {
      await t.test(each.what, (t) => (each.status === 0 ? taken(t, each) : refused(t, each)));
    }
  });
}

async function taken(t: Tap, { text, options, heard }: Case): Promise<void> {
  const all = await hearAll(text, options);
  t.equal(all.says, '');
  t.same(all.messages, heard);
}

async function refused(t: Tap, { text, options, status, says }: Case): Promise<void> {
  const all = await hearAll(text, options);
  t.equal(all.step, Step.FAIL);
  t.equal(all.status, status);
  t.match(all.says, says);
  t.match(all.reply, `HTTP/1.1 ${status} `);
  t.match(all.reply, /\r\nConnection: close\r\n/);
  t.same(all.messages, []);
  // One that is in order goes before it; nothing that comes after it is heard.
  const between = hear([bytes(GOOD + text + GOOD)], options);
  t.same(
    between.messages.map(({ target }) => target),
    ['/good'],
  );
  t.equal(between.status, status);
}

type Tap = Pick<typeof t, 'equal' | 'same' | 'match'>;
