import t from 'tap';
import { Dialer, pauseMs } from './dialer.ts';
import { State, type Slot } from './slot.ts';

/** Slots that only note when they are to connect. */
function slotsOf(count: number): { slots: Slot[]; connecting: () => number } {
  let connecting = 0;
  const slots = Array.from({ length: count }, () => {
    const slot = {
      state: State.IDLE as State,
      fruitless: 0,
      reconnectMs: 0,
      connect() {
        connecting += 1;
        slot.state = State.CONNECTING;
      },
    };
    return slot as unknown as Slot;
  });
  return { slots, connecting: () => connecting };
}

t.test('not more than 64 at once, and all in the end', async (t) => {
  const { connecting, slots } = slotsOf(150);
  const dialer = new Dialer();
  let done = false;
  const all = dialer.dialAll(slots).then(() => (done = true));
  t.equal(connecting(), 64);
  for (let i = 0; i < 149; i += 1) dialer.settled();
  t.equal(connecting(), 150);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(done, false);
  dialer.settled();
  await all;
  t.equal(done, true);
});

t.test(
  'one that brought an answer is opened again at once, one that is open is left alone',
  async (t) => {
    const { connecting, slots } = slotsOf(1);
    const dialer = new Dialer();
    dialer.dialAgain(slots[0]);
    t.equal(connecting(), 1);
    dialer.dialAgain(slots[0]);
    t.equal(connecting(), 1);
  },
);

t.test('after it is closed nothing is opened', async (t) => {
  const { connecting, slots } = slotsOf(2);
  const dialer = new Dialer();
  dialer.close();
  dialer.dialAgain(slots[0]);
  t.equal(connecting(), 0);
});

t.test('pauses double, up to a second', async (t) => {
  t.same([0, 1, 2, 3, 4, 10, 11, 12, 1000].map(pauseMs), [0, 1, 2, 4, 8, 512, 1000, 1000, 1000]);
});

t.test('a server says how long to wait', async (t) => {
  const { connecting, slots } = slotsOf(1);
  const dialer = new Dialer();
  const timers: number[] = [];
  const { setTimeout } = globalThis;
  t.intercept(globalThis, 'setTimeout', {
    value: (then: () => void, ms: number) => {
      timers.push(ms);
      return setTimeout(then, 0);
    },
  });
  Object.assign(slots[0], { reconnectMs: 3000 });
  dialer.dialAgain(slots[0]);
  t.equal(connecting(), 0);
  t.same(timers, [3000]);
});
