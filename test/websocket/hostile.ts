/** Frames that are nearly right: whatever comes, whole or cut, it is heard the same, and nothing breaks. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { randomCuts } from '../protocols/harness.ts';
import { frame, hear } from './support.ts';

type Next = () => number;

export function hostile(count: number, random: Next): { refused: number; messages: number } {
  let refused = 0;
  let messages = 0;
  for (let i = 0; i < count; i += 1) {
    const bytes = Buffer.concat(Array.from({ length: 1 + below(random, 6) }, () => nearly(random)));
    for (let flips = below(random, 3); flips > 0; flips -= 1) {
      bytes[below(random, bytes.length)] = below(random, 256);
    }
    const hearing = {
      windowBits: random() < 0.5 ? 15 : 0,
      side: random() < 0.9 ? 'server' : 'client',
      options: { messageLimitBytes: 1000, fragmentLimit: 8 },
    } as const;
    const whole = hear([bytes], hearing);
    const cut = hear(randomCuts(bytes, random), hearing);
    assert.deepEqual(cut, whole, bytes.toString('hex'));
    if (whole.status !== 0) refused += 1;
    messages += whole.events.length;
  }
  return { refused, messages };
}

function nearly(random: Next): Buffer {
  const opcodes = [0, 0, 1, 1, 1, 2, 2, 8, 9, 9, 10, 3];
  const payload = Buffer.from(
    Array.from({ length: below(random, random() < 0.1 ? 300 : 12) }, () =>
      random() < 0.9 ? 97 + below(random, 26) : below(random, 256),
    ),
  );
  const rare = random() < 0.1;
  return frame({
    fin: random() < 0.7,
    rsv: rare ? below(random, 8) : random() < 0.1 ? 4 : 0,
    opcode: opcodes[below(random, opcodes.length)],
    payload,
    key:
      random() < 0.03 ? undefined : [below(random, 256), below(random, 256), 3, below(random, 256)],
    ...(random() < 0.05 ? { lengthBits: [16, 64][below(random, 2)] } : {}),
  });
}

function below(random: Next, limit: number): number {
  return Math.floor(random() * limit);
}
