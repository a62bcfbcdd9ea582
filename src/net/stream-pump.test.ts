import t from 'tap';
import { StreamPump } from './stream-pump.ts';

const turn = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A source that notes what is asked of it. */
function source(chunks: string[], failAt = -1) {
  const asked: string[] = [];
  let at = 0;
  const iterable: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        asked.push('next');
        if (at === failAt) throw new Error('the source failed');
        const value = chunks[at];
        at += 1;
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        asked.push('return');
        return { done: true, value: undefined };
      },
    }),
  };
  return { iterable, asked };
}

function pumped(iterable: AsyncIterable<string>, room = Infinity) {
  const events: string[] = [];
  let left = room;
  const pump = new StreamPump(iterable, {
    write(chunk) {
      events.push(String(chunk));
      left -= 1;
      return left > 0;
    },
    done: (error, failed) => void events.push(failed ? String(error) : 'done'),
  });
  return { pump, events };
}

t.test('everything, then done', async (t) => {
  const { iterable } = source(['a', 'b']);
  const { pump, events } = pumped(iterable);
  pump.resume();
  await turn();
  t.strictSame(events, ['a', 'b', 'done']);
  pump.cancel();
  await turn();
  t.strictSame(events, ['a', 'b', 'done'], 'and nothing after it');
});

t.test('nothing is asked for while it is paused', async (t) => {
  const { iterable, asked } = source(['a', 'b', 'c']);
  const { pump, events } = pumped(iterable, 1);
  await turn();
  t.strictSame(asked, [], 'not before resume()');
  pump.resume();
  await turn();
  t.strictSame([events, asked], [['a'], ['next']]);
  pump.resume();
  pump.resume();
  await turn();
  t.strictSame(asked, ['next', 'next'], 'one chunk at a time');
});

t.test('a source that fails', async (t) => {
  const { iterable, asked } = source(['a', 'b'], 1);
  const { pump, events } = pumped(iterable);
  pump.resume();
  await turn();
  t.strictSame(events, ['a', 'Error: the source failed']);
  t.notOk(asked.includes('return'), 'it has ended by itself');
});

t.test('cancelled: the source is told once, and nobody hears of it any more', async (t) => {
  const { iterable, asked } = source(['a', 'b']);
  const { pump, events } = pumped(iterable, 1);
  pump.resume();
  await turn();
  pump.cancel();
  pump.cancel();
  pump.resume();
  await turn();
  t.strictSame([events, asked], [['a'], ['next', 'return']]);
});

t.test('a source that throws when it is told to stop', async (t) => {
  const iterable: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: () => Promise.reject(new Error('no')),
    }),
  };
  const { pump, events } = pumped(iterable);
  pump.resume();
  pump.cancel();
  await turn();
  t.strictSame(events, []);
});

t.test('one that throws at once when it is told to stop', async (t) => {
  const iterable: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: () => {
        throw new Error('no');
      },
    }),
  };
  const { pump } = pumped(iterable);
  t.doesNotThrow(() => pump.cancel());
});

t.test('one that nothing was asked of yet is told, too', async (t) => {
  const { iterable, asked } = source(['a']);
  const { pump } = pumped(iterable);
  pump.cancel();
  await turn();
  t.strictSame(asked, ['return']);
});

t.test('what is no source, and what is no chunk', async (t) => {
  const none = pumped(42 as never);
  none.pump.resume();
  await turn();
  t.match(none.events, [/^TypeError/]);
  const { iterable, asked } = source(['a', 3 as never, 'b']);
  const { pump, events } = pumped(iterable);
  pump.resume();
  await turn();
  t.strictSame(events, ['a', 'TypeError: A stream gave number, not bytes or text.']);
  t.strictSame(asked, ['next', 'next', 'return']);
});
