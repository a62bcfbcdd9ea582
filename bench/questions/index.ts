/** The questions, in the order in which help lists them. */
import { balance } from './balance.ts';
import { churn } from './churn.ts';
import { compute } from './compute.ts';
import { connections } from './connections.ts';
import { memory } from './memory.ts';
import { mixed } from './mixed.ts';
import { modes } from './modes.ts';
import { nagle } from './nagle.ts';
import { payload } from './payload.ts';
import { peers } from './peers.ts';
import type { Question } from './question.ts';
import { slowConsumer } from './slow-consumer.ts';

export const questions: readonly Question[] = [
  modes,
  nagle,
  payload,
  connections,
  churn,
  compute,
  mixed,
  slowConsumer,
  balance,
  memory,
  peers,
];
