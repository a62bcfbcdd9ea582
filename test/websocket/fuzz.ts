/** The long form of the hostile bytes: `node test/websocket/fuzz.ts [inputs, default 1000000] [seed, default the time]`. */
import { seeded } from '../protocols/harness.ts';
import { hostile } from './hostile.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now());
console.log(`${count} inputs, seed ${seed}, Node ${process.version}`);
const { refused, messages } = hostile(count, seeded(seed));
console.log(
  `${refused} refused, ${messages} messages and answers, ${process.memoryUsage().rss >> 20} MiB`,
);
