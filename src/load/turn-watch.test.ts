import t from 'tap';
import { TurnWatch } from './turn-watch.ts';

/** A clock that is set by hand. */
function watchAt(): { watch: TurnWatch; at: (time: number) => TurnWatch } {
  let now = 0;
  const watch = new TurnWatch(() => now);
  return {
    watch,
    at: (time) => {
      now = time;
      return watch;
    },
  };
}

t.test(
  'a spinning loop: an answer was not there before the turn before the last had ended',
  async (t) => {
    const { at, watch } = watchAt();
    at(10).wake();
    at(10).endTurn();
    at(11).wake();
    at(12).endTurn(); // E2
    at(13).wake();
    at(14).endTurn(); // E1
    const stamp = at(20).stamp();
    t.equal(stamp, 20);
    t.equal(watch.latenessMs(stamp), 8, 'since 12');
    t.equal(watch.latenessMs(at(25).stamp()), 13, 'and longer for what is read later in the turn');
  },
);

t.test('only turns in which something was done are busy', async (t) => {
  const { at, watch } = watchAt();
  at(0).wake();
  at(0).endTurn();
  watch.begin();
  at(5).wake();
  at(5).endTurn(); // idle: 5 ms
  at(6).stamp();
  at(8).wake();
  at(9).endTurn(); // an answer: 4 ms
  at(12).wake();
  watch.work();
  at(14).endTurn(); // a request: 5 ms
  at(20).wake();
  at(20).endTurn(); // idle: 6 ms
  t.equal(watch.busyMs, 9);
  watch.end();
  at(21).stamp();
  at(30).wake();
  at(30).endTurn();
  t.equal(watch.busyMs, 9, 'after the end nothing counts');
});

t.test('sleep is not busy, and what wakes the loop is not late', async (t) => {
  const { at, watch } = watchAt();
  at(0).wake();
  at(0).endTurn();
  at(1).wake();
  at(1).endTurn();
  watch.sleep();
  watch.begin();
  const stamp = at(500).stamp();
  t.equal(watch.latenessMs(stamp), 0, 'the answer woke it');
  t.equal(watch.latenessMs(at(502).stamp()), 2);
  await new Promise((resolve) => setImmediate(resolve)); // it ends such a turn by itself
  t.equal(watch.busyMs, 2);
});

t.test('a loop that is never idle does not sleep between turns', async (t) => {
  const { at, watch } = watchAt();
  at(100).stamp();
  at(101);
  await new Promise((resolve) => setImmediate(resolve));
  at(101.01).stamp();
  at(103);
  await new Promise((resolve) => setImmediate(resolve));
  const stamp = at(103.01).stamp();
  t.ok(
    Math.abs(watch.latenessMs(stamp) - 2.01) < 1e-9,
    'since the turn before the last ended, at 101',
  );
});
