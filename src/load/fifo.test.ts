import t from 'tap';
import { Fifo } from './fifo.ts';

t.test('first in, first out, across its compactions', async (t) => {
  const fifo = new Fifo<number>();
  let pushed = 0;
  let taken = 0;
  for (let round = 0; round < 50; round += 1) {
    for (let i = 0; i < 300; i += 1) fifo.push(pushed++);
    for (let i = 0; i < 200; i += 1) {
      if (fifo.peek() !== taken || fifo.shift() !== taken) t.fail(`not ${taken}`);
      taken += 1;
    }
    t.equal(fifo.length, pushed - taken);
  }
  while (fifo.length > 0) if (fifo.shift() !== taken++) t.fail('out of order');
  t.equal(taken, pushed);
});
