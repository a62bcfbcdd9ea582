/** The chat of examples/ws-chat.ts between tabs of a browser, whose connections are in different workers. */
import t, { type Test } from 'tap';
import { forEveryMode, serveWith, type Combo } from '../modes/support/combos.ts';
import { until } from '../modes/support/wait.ts';
import { Browser, findChromium, type Page } from '../report/browser.ts';

const chromium = findChromium();
const MOST_TABS = 16;

/** Where the kernel spreads the tabs, over both codes that read WebSockets. */
const unless = ({ mode, unit }: Combo) =>
  (mode === 'sharded' || mode === 'native') && unit === 'process'
    ? undefined
    : 'a browser sees no more of it than of its neighbours, which take processes';

t.test('a browser', { skip: chromium === undefined && 'there is no Chromium' }, async (t) => {
  await forEveryMode(t, { http: true, needs: ['pushes'], unless, jobs: 1 }, chat);
});

async function chat(t: Test, combo: Combo): Promise<void> {
  const handler = new URL('../../examples/ws-chat.ts', import.meta.url);
  const server = await serveWith(t, combo, { handler });
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
}
