import t from 'tap';
import { ManualClock } from './manual-clock.ts';
import { Wheel, type WheelEntry } from './wheel.ts';

const TICK_MS = 10;

class Entry implements WheelEntry {
  stamp = 0;
  bucket = -1;
  index = -1;
  ticks: number;
  dueAtMs: number[] = [];
  onDue: () => void;

  constructor(wheel: Wheel, clock: ManualClock, ticks: number, onDue?: (entry: Entry) => void) {
    this.ticks = ticks;
    this.onDue = () => {
      this.dueAtMs.push(clock.nowMs());
      if (onDue === undefined) wheel.remove(this);
      else onDue(this);
    };
  }

  timeoutTicks(): number {
    return this.ticks;
  }
}

function made() {
  const clock = new ManualClock();
  const wheel = new Wheel(clock, TICK_MS);
  return { clock, wheel };
}

t.test('an entry is due at its deadline, whatever that is', async (t) => {
  for (const ticks of [1, 2, 100, 510, 511, 512, 513, 5000]) {
    const { clock, wheel } = made();
    const entry = new Entry(wheel, clock, ticks);
    wheel.add(entry);
    clock.advance(ticks * TICK_MS - 1);
    t.strictSame(entry.dueAtMs, [], `${ticks} ticks: not before`);
    clock.advance(1);
    t.strictSame(entry.dueAtMs, [ticks * TICK_MS], 'then');
    clock.advance(100_000);
    t.equal(entry.dueAtMs.length, 1, 'once');
    t.equal(wheel.size, 0);
  }
});

t.test('activity moves the deadline', async (t) => {
  const { clock, wheel } = made();
  const entry = new Entry(wheel, clock, 10);
  wheel.add(entry);
  for (let i = 0; i < 50; i += 1) {
    clock.advance(90);
    entry.stamp = wheel.tick;
  }
  t.strictSame(entry.dueAtMs, []);
  clock.advance(100);
  t.strictSame(entry.dueAtMs, [4600]);
});

t.test('0 is never', async (t) => {
  const { clock, wheel } = made();
  const entry = new Entry(wheel, clock, 0);
  wheel.add(entry);
  clock.advance(1_000_000);
  t.strictSame(entry.dueAtMs, []);
});

t.test('restart: a shorter timeout from now on', async (t) => {
  const { clock, wheel } = made();
  const entry = new Entry(wheel, clock, 400);
  wheel.add(entry);
  clock.advance(100);
  entry.ticks = 5;
  wheel.restart(entry);
  clock.advance(49);
  t.strictSame(entry.dueAtMs, []);
  clock.advance(1);
  t.strictSame(entry.dueAtMs, [150]);
  wheel.restart(entry);
  t.equal(entry.bucket, -1, 'one that is not in it stays out');
});

t.test('an entry that stays gets another deadline', async (t) => {
  const { clock, wheel } = made();
  const entry = new Entry(wheel, clock, 10, (one) => {
    one.stamp = wheel.tick;
  });
  wheel.add(entry);
  clock.advance(350);
  t.strictSame(entry.dueAtMs, [100, 200, 300]);
});

t.test('entries that end each other', async (t) => {
  const { clock, wheel } = made();
  const entries: Entry[] = [];
  for (let i = 0; i < 10; i += 1) {
    entries.push(
      new Entry(wheel, clock, 5, () => {
        for (const entry of entries) wheel.remove(entry);
      }),
    );
  }
  for (const entry of entries) wheel.add(entry);
  clock.advance(50);
  t.equal(entries.flatMap((entry) => entry.dueAtMs).length, 1);
  t.equal(wheel.size, 0);
});

t.test('a loop that was busy for long catches up', async (t) => {
  let nowMs = 0;
  let tick = () => {};
  const clock = {
    nowMs: () => nowMs,
    every: (_ms: number, fn: () => void) => {
      tick = fn;
      return () => {};
    },
    soon: () => {},
  };
  const wheel = new Wheel(clock, TICK_MS);
  const due: number[] = [];
  for (const ticks of [1, 50, 511, 700, 20_000]) {
    const entry: WheelEntry = {
      stamp: 0,
      bucket: -1,
      index: -1,
      timeoutTicks: () => ticks,
      onDue: () => {
        due.push(ticks);
        wheel.remove(entry);
      },
    };
    wheel.add(entry);
  }
  nowMs = 60_000;
  tick();
  t.strictSame(
    due.sort((a, b) => a - b),
    [1, 50, 511, 700],
    'all that is overdue, in one go',
  );
  nowMs = 200_000;
  tick();
  t.strictSame(due, [1, 50, 511, 700, 20_000]);
});

t.test('ticks() rounds up', async (t) => {
  const { wheel } = made();
  t.strictSame(
    [0, 1, 10, 11, 20, 21].map((ms) => wheel.ticks(ms)),
    [0, 1, 1, 2, 2, 3],
  );
});

t.test('no timer without entries', async (t) => {
  const { clock, wheel } = made();
  let timers = 0;
  const every = clock.every.bind(clock);
  clock.every = (ms, fn) => {
    timers += 1;
    const stop = every(ms, fn);
    return () => {
      timers -= 1;
      stop();
    };
  };
  const entries = [new Entry(wheel, clock, 5), new Entry(wheel, clock, 7)];
  for (const entry of entries) wheel.add(entry);
  t.equal(timers, 1, 'one for all');
  clock.advance(100);
  t.equal(timers, 0);
  wheel.add(entries[0]);
  t.equal(timers, 1);
  clock.advance(40);
  t.equal(entries[0].dueAtMs.length, 1);
  clock.advance(10);
  t.strictSame(entries[0].dueAtMs, [50, 150], 'and the time of nobody does not count');
});
