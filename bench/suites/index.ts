/** The suites, in the order of the speed table. */
import { churn } from './churn.ts';
import { client } from './client.ts';
import { compute } from './compute.ts';
import { dispatch } from './dispatch.ts';
import { echo } from './echo.ts';
import { framing } from './framing.ts';
import { httpClient } from './http-client.ts';
import { http } from './http.ts';
import { idle } from './idle.ts';
import { pipelined } from './pipelined.ts';
import { redis } from './redis.ts';
import { shards } from './shards.ts';
import type { Suite } from './suite.ts';
import { websocket } from './websocket.ts';

export const suites: readonly Suite[] = [
  echo,
  framing,
  pipelined,
  shards,
  churn,
  dispatch,
  compute,
  redis,
  idle,
  client,
  http,
  httpClient,
  websocket,
];
