/** The chat of examples/ws-chat.ts between tabs of a browser, whose connections are in different workers. */
import t from 'tap';
import { until } from '../modes/support/wait.ts';
import { Browser, findChromium, type Page } from '../report/browser.ts';
import { serve } from '../../src/serve.ts';

const chromium = findChromium();
const MOST_TABS = 16;

t.test('a browser', { skip: chromium === undefined && 'there is no Chromium' }, async (t) => {
  const server = await serve({
    handler: new URL('../../examples/ws-chat.ts', import.meta.url),
    mode: 'sharded',
    workers: 2,
  });
  t.teardown(() => server.close({ drainTimeoutMs: 0 }));
  const url = server.url.replace('tcp:', 'http:');
  const browser = new Browser(chromium!);
  t.teardown(() => browser.close());

  const spread = async () =>
    (await server.stats()).workers.filter(({ subscriptions }) => subscriptions > 0).length;
  const heard = (tab: Page) => tab.value<string[]>('heard');
  const open = async (room: string) => {
    const tab = await browser.open(`${url}/#${room}`);
    await until(async () => (await heard(tab)).includes(`you are in ${room}`), 'the tab is in');
    return tab;
  };
  const tabs = [await open('tea'), await open('tea')];
  while ((await spread()) < 2 && tabs.length < MOST_TABS) tabs.push(await open('tea'));
  t.equal(await spread(), 2, `${tabs.length} tabs are in both workers`);
  const elsewhere = await open('coffee');

  for (const [i, tab] of tabs.entries()) await tab.value(`say('from ${i}')`);
  for (const [i, tab] of tabs.entries()) {
    const all = tabs.map((_, from) => (from === i ? `you: from ${from}` : `them: from ${from}`));
    await until(async () => (await heard(tab)).length === 1 + all.length, 'it hears them all');
    t.same((await heard(tab)).slice(1).toSorted(), all.toSorted());
    t.same(tab.complaints, []);
  }
  t.same(await heard(elsewhere), ['you are in coffee'], 'another room hears nothing');
});
