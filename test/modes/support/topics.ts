/** What the suites of topics say to the handler `topics`, and how they find clients in several places. */
import type { Test } from 'tap';
import type { Server, ServeOptions } from '../../../src/serve.ts';
import { connectTo, type Client } from './client.ts';
import { handlerUrl, serveWith, type Combo } from './combos.ts';
import { Log } from './log.ts';
import { until } from './wait.ts';

/** In `shared` the one that is awake takes them all, for a while. */
const MOST_CLIENTS = 300;

export interface Served {
  readonly server: Server;
  readonly log: Log;
}

export async function topics(
  t: Test,
  combo: Combo,
  flags = '',
  options: Omit<ServeOptions, 'handler'> = {},
): Promise<Served> {
  const log = new Log(t);
  const { capabilities } = combo.definition;
  const server = await serveWith(t, combo, {
    handler: handlerUrl('topics', `?${flags}`),
    data: { log: log.path },
    ...(capabilities.includes('balance') ? { balance: 'round-robin' } : {}),
    ...options,
  });
  return { server, log };
}

/** Says something, and waits for the answer. */
export async function ask(client: Client, text: string, answer: string): Promise<void> {
  const had = client.text.length;
  await client.write(`${text}\n`);
  await until(
    () => client.text.slice(had).includes(`${answer}\n`),
    `"${answer}" for "${text}"; there is ${client.text.slice(had, had + 200)}`,
  );
}

export async function connectAnd(server: Server, text: string, answer: string): Promise<Client> {
  const client = await connectTo(server);
  await ask(client, text, answer);
  return client;
}

/** Two clients in each of two places; in one where there are no more. */
export async function spread(server: Server, combo: Combo): Promise<Map<string, Client[]>> {
  const places = new Map<string, Client[]>();
  const wanted = combo.definition.units.length === 0 ? 1 : 2;
  const isEnough = () =>
    places.size >= wanted && [...places.values()].every((clients) => clients.length >= 2);
  for (let i = 0; i < MOST_CLIENTS && !isEnough(); i += 1) {
    const client = await connectTo(server);
    await client.write('where\n');
    const where = (await client.untilText('\n')).trim();
    places.set(where, [...(places.get(where) ?? []), client]);
  }
  return places;
}

export async function sum(
  server: Server,
  figure: 'topics' | 'subscriptions' | 'dropped' | 'errors',
) {
  const { workers } = await server.stats();
  return workers.reduce((total, worker) => total + worker[figure], 0);
}

/** A worker that is late is reported with its last figures, so it is asked again. */
export async function comesTo(
  server: Server,
  figure: Parameters<typeof sum>[1],
  value: number,
  what: string,
) {
  let now = -1;
  await until(
    async () => (now = await sum(server, figure)) === value,
    `${what}: ${value} ${figure}`,
  ).catch((error: Error) => {
    throw new Error(`${error.message}, and there are ${now}`);
  });
}

/** The lines that came with that beginning. */
export function lines(client: Client, beginning: string): string[] {
  return client.text.split('\n').filter((line) => line.startsWith(beginning));
}

export const counted = (word: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${word} ${from + i}`);
