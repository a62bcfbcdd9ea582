/** Many errors become few notes, and none is lost from the count. */
import t from 'tap';
import { ErrorRelay, type HandlerErrorNote } from './error-relay.ts';

t.test('so many a second whole, the others by their number', async (t) => {
  const notes: HandlerErrorNote[] = [];
  let now = 0;
  const relay = new ErrorRelay(
    (note) => notes.push(note),
    () => now,
  );
  for (let i = 0; i < 500; i += 1) relay.tell(new Error(`number ${i}`));
  t.equal(notes.length, 20);
  now = 1000;
  relay.tell(new Error('the next second'));
  t.equal(notes.length, 22);
  t.match(notes[20], { count: 480, error: { message: 'number 499' } });
  t.match(notes[21], { count: 1, error: { message: 'the next second' } });
});

t.test('a last second is told of too', async (t) => {
  const notes: HandlerErrorNote[] = [];
  const relay = new ErrorRelay(
    (note) => notes.push(note),
    () => 0,
  );
  for (let i = 0; i < 30; i += 1) relay.tell('not even an error');
  relay.flush();
  relay.flush();
  t.equal(notes.length, 21);
  t.match(notes[20], { count: 10, error: { message: 'not even an error' } });
});
