/** Reports in a real browser: they read, in every size and light, on paper, without scripts, and ask nobody for anything. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeReport } from '../../src/report/html/index.ts';
import { folderOf } from '../cli/cli.ts';
import { Browser, findChromium } from './browser.ts';
import {
  ARMS,
  benchResult,
  calibration,
  kneeResult,
  loadResult,
  pushResult,
  suiteResult,
} from './results.ts';

const EVIL = `"><script>window.pwned=1</script><img src=x onerror="window.pwned=2">`;
const LONG = `unix:/${'very-long-name-without-a-break'.repeat(6)}.sock`;

/** A4 without its margins of 14 mm. */
const PAPER_PX = 688;

const small = { seconds: 3, perSecond: 400 };
const stalls = { everySeconds: 3, ms: 40 };
const six = Object.fromEntries(
  ['single', 'pooled', 'dispatched', 'shared', 'sharded', 'blocking'].map((mode, i) => [
    mode,
    loadResult({ ...small, seed: i, p50Us: 60 + 20 * i, stall: i === 2 ? stalls : undefined }),
  ]),
);

/** Pages, by what is in them. */
const PAGES: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  one: { one: loadResult({ ...small, stall: stalls }) },
  six,
  knee: { knee: kneeResult() },
  events: { events: pushResult({ ...small, stall: stalls }) },
  bench: { suite: suiteResult(ARMS), calibration: calibration() },
  glance: { bench: benchResult({ asked: 'echo of 64 bytes over line' }) },
  trouble: {
    [LONG.replaceAll('/', '-')]: loadResult(small, {
      target: LONG,
      failedTotal: 12,
      unsent: 40,
      interrupted: true,
      steady: false,
      verdict: { name: 'CLIENT_BOUND', evidence: `the client sent late: ${EVIL}` },
      problems: [{ problem: EVIL, count: 12 }],
    }),
    evil: loadResult({ ...small, closed: true }, { target: EVIL, protocol: EVIL }),
  },
};

const chromium = findChromium();
if (chromium === undefined) {
  const skip = 'no Chromium here: apt-get install chromium';
  t.test('reports in a browser', { skip }, async () => {});
} else {
  const folder = folderOf(t);
  const files = Object.entries(PAGES).map(([name, results]) => {
    const paths = Object.entries(results).map(([run, result]) => {
      const path = join(folder, `${name}-${run}.json`.slice(-200));
      writeFileSync(path, JSON.stringify(result));
      return path;
    });
    const file = join(folder, `${name}.html`);
    writeFileSync(file, makeReport(paths).html);
    return { name, file };
  });
  const browser = new Browser(chromium);
  t.teardown(() => browser.close());

  for (const { file, name } of files) {
    t.test(name, async (t) => {
      const page = await browser.open(file);
      for (const dark of [false, true]) {
        await page.view({ width: 1000, dark });
        const background = await page.value<string>(
          'getComputedStyle(document.documentElement).backgroundColor',
        );
        t.equal(
          background,
          dark ? 'rgb(15, 19, 24)' : 'rgb(255, 255, 255)',
          dark ? 'dark' : 'light',
        );
        t.same(await page.value(CUT), [], 'no label is cut off');
        t.same(await page.value(OVERLAPPING), [], 'none lies over another');
      }
      for (const width of [360, 390, 600, 760]) {
        await page.view({ width, mobile: width < 700 });
        t.equal(await page.value(BEYOND), 0, `no scrolling at ${width} px`);
        t.same(await page.value(BROKEN), [], `no figure is cut from its unit at ${width} px`);
        t.same(await page.value(CUT), [], 'no label is cut off');
        t.same(await page.value(OVERLAPPING), [], 'none lies over another');
        t.same(await page.value(CUT_CAPTIONS), [], `no caption is cut off at ${width} px`);
        const smallest = await page.value<number>(SMALLEST);
        t.ok(smallest >= 9.5, 'text in figures can be read', { smallest, width });
      }
      t.equal(await page.value(TWICE), 0, 'of each figure one drawing is shown');
      t.equal(await page.value('window.pwned'), undefined, 'no name runs');
      t.equal(await page.value('document.images.length'), 0);

      await page.media('print', true);
      t.equal(
        await page.value('getComputedStyle(document.documentElement).backgroundColor'),
        'rgb(255, 255, 255)',
        'paper is white',
      );
      t.equal(
        await page.value(`getComputedStyle(document.querySelector('svg.wide')).display`),
        'block',
      );
      await page.view({ width: PAPER_PX });
      await page.media('print');
      t.equal(await page.value(BEYOND), 0, 'nothing reaches over the edge of the paper');
      const pdf = await page.pdf();
      t.equal(pdf.subarray(0, 5).toString(), '%PDF-');
      t.ok(pdf.length > 20_000, 'it prints', { bytes: pdf.length });

      t.same(page.complaints, [], 'the console has nothing to say');
      t.ok(
        page.requests.every((url) => url.startsWith('file://') && url.endsWith(`${name}.html`)),
        'nothing is asked for',
        { requests: page.requests },
      );
    });
  }

  t.test('zoom', async (t) => {
    const page = await browser.open(files[1].file);
    await page.view({ width: 1000 });
    t.equal(await page.value(`document.querySelectorAll('canvas').length`), 0);
    t.equal(await page.value(`${BUTTONS}.length`), 7, 'a button at each figure with lines');
    await page.value(`${BUTTONS}[0].click()`);
    const shown = `[...document.querySelectorAll('#percentiles .drawing, #percentiles .legend')].map((one) => one.hidden)`;
    t.same(await page.value(shown), [true, true], 'it takes the place of the figure');
    t.equal(await page.value(`document.querySelectorAll('#percentiles canvas').length`), 1);
    const shades = `(() => { const c = document.querySelector('#percentiles canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return new Set(Array.from({length: d.length / 4}, (_, i) => d[i*4] + ',' + d[i*4+1] + ',' + d[i*4+2])).size; })()`;
    t.ok((await page.value<number>(shades)) > 20, 'and something is drawn');
    t.equal(await page.value('document.activeElement.textContent'), '+', 'the keyboard goes along');
    const labels = `[...document.querySelectorAll('#percentiles .u-legend .u-label')].map((one) => one.textContent)`;
    t.same(await page.value(labels), ['share', ...Object.keys(six).map((mode) => `six-${mode}`)]);
    for (const label of ['Zoom in', 'Move right', 'Zoom out', 'Show all']) {
      await page.value(`document.querySelector('#percentiles [aria-label="${label}"]').click()`);
    }
    await page.view({ width: 700, dark: true });
    await page.view({ width: 360, dark: true, mobile: true });
    t.equal(await page.value(BEYOND), 0, 'nor does it make the page wider');
    await page.value(`document.querySelector('#percentiles [aria-label^="Back"]').click()`);
    t.same(await page.value(shown), [false, false], 'and gives it back');
    await page.value(`${BUTTONS}[0].click()`);
    await page.pdf();
    t.same(await page.value(shown), [false, false], 'paper gets the figure');
    t.same(page.complaints, []);
  });

  t.test('without scripts', async (t) => {
    const page = await browser.open(files[0].file);
    await page.withoutScripts();
    await page.goto(page.requests[0]);
    await page.view({ width: 1000 });
    t.equal(await page.value(`${BUTTONS}.length`), 0, 'no buttons that do nothing');
    t.equal(await page.value(TWICE), 0);
    t.ok(
      (await page.value<number>(
        `document.querySelector('svg.wide').getBoundingClientRect().height`,
      )) > 200,
    );
  });
}

const BUTTONS = `[...document.querySelectorAll('.tools button')].filter((one) => one.textContent === 'Zoom')`;

/** By how much the page is wider than the window. */
/** Figures that a line break cuts from their unit, or in it: '24.8 m' and 's'. */
const BROKEN = `(() => {
  const broken = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node.parentElement.closest('svg,script,style') !== null) continue;
    for (const match of node.data.matchAll(/\\d[\\d.,]*(?:\\u00a0?(?:µs|ms|s)|\\/s)(?![a-z])/g)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (tops.size > 1) broken.push(match[0]);
    }
  }
  return broken;
})()`;
/** Captions that reach out of the part of their table that is seen. */
const CUT_CAPTIONS = `(() => {
  const all = [...document.querySelectorAll('details')];
  const closed = all.filter((details) => !details.open);
  for (const details of closed) details.open = true;
  const cut = [...document.querySelectorAll('.scroll')]
    .filter((box) => box.querySelector('caption span').getBoundingClientRect().right > box.getBoundingClientRect().right + 1)
    .map((box) => box.ariaLabel);
  for (const details of closed) details.open = false;
  return cut;
})()`;
const BEYOND = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** Drawings that are shown together with the one for another width. */
const TWICE = `[...document.querySelectorAll('.drawing')].filter((one) =>
  one.querySelectorAll('svg').length !== 2 ||
  [...one.querySelectorAll('svg')].filter((svg) => getComputedStyle(svg).display !== 'none').length !== 1).length`;

/** The least height of a letter, in pixels of the screen. */
const SMALLEST = `Math.min(...[...document.querySelectorAll('.drawing svg')]
  .filter((svg) => getComputedStyle(svg).display !== 'none')
  .map((svg) => 12 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))`;

/** Texts that reach out of their drawing. */
const CUT = `[...document.querySelectorAll('.drawing svg')]
  .filter((svg) => getComputedStyle(svg).display !== 'none')
  .flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')]
      .filter((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        return left < box.left - 8 || right > box.right + 8 || top < box.top - 4 || bottom > box.bottom + 4;
      })
      .map((text) => text.textContent);
  })`;

/** Texts that lie over another of their drawing. */
const OVERLAPPING = `[...document.querySelectorAll('.drawing svg')]
  .filter((svg) => getComputedStyle(svg).display !== 'none')
  .flatMap((svg) => {
    const boxes = [...svg.querySelectorAll('text')].filter((text) => text.textContent !== '')
      .map((text) => ({ text: text.textContent, box: text.getBBox() }));
    const over = (a, b) => a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height;
    return boxes.flatMap((one, i) => boxes.slice(i + 1).filter((other) => over(one.box, other.box)).map((other) => one.text + ' / ' + other.text));
  })`;
