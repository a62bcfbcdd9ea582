import type { KneeResult } from '../load/find-knee.ts';

/** Why a knee is where it is: goes on from the rate. */
export const KNEE_LIMITS: Readonly<Record<KneeResult['limit'], string>> = {
  server: 'a little more missed it',
  client:
    'a little more, and the client was the limit, not the server: give it more threads or cores',
  noise: 'a little more was missed, but the machine was noisy: take it for a lower bound',
  most: 'the highest rate that was to be tried met it',
  least: 'even the lowest rate that was to be tried missed it',
};
