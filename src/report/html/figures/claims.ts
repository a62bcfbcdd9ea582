/** A suite's claims: what was claimed, what was measured, and whether it holds. */
import { m, nothing, prose } from '../../svg/markup.ts';
import type { Cell, Table } from '../blocks.ts';
import { icon, type Sign } from '../icons.ts';
import type { Suite } from '../schema.ts';
import { short } from '../words.ts';

type Outcome = Suite['outcomes'][number];

const VERDICTS: Readonly<Record<Outcome['verdict'], readonly [sign: Sign, word: string]>> = {
  stretch: ['good', 'holds, beyond its stretch goal'],
  pass: ['good', 'holds'],
  miss: ['bad', 'missed'],
  unmeasured: ['note', 'not measured'],
};

const TITLES: Readonly<Record<string, string>> = {
  cpuUs: 'server CPU a message',
  perSecond: 'messages a second',
  bytesPerConnection: 'memory a connection',
};

export function claimsTable({ outcomes }: Suite): Table | undefined {
  if (outcomes.length === 0) return undefined;
  return {
    caption: 'What is claimed, and what was measured',
    head: ['claim', 'figure', 'limit', 'measured', '95\u00A0% interval', 'verdict'],
    rows: outcomes.map(({ claim, measured, over, sure, verdict }): Cell[] => {
      const [sign, word] = VERDICTS[verdict];
      const doubt =
        sure || verdict === 'unmeasured'
          ? nothing
          : m` <span class="soft">but not surely: the interval reaches over the limit</span>`;
      const number = (value: number): string =>
        over === undefined ? short(value) : value.toFixed(2);
      const figure = TITLES[claim.figure] ?? claim.figure;
      return [
        { text: prose(claim.says) },
        { text: over === undefined ? figure : `${figure}, ${claim.of} over ${over}` },
        { text: limit(claim, number) },
        { text: m`<b>${Number.isFinite(measured.estimate) ? number(measured.estimate) : '–'}</b>` },
        {
          text: Number.isFinite(measured.low)
            ? `${number(measured.low)} to ${number(measured.high)}`
            : '–',
        },
        { text: m`<span class="sign ${sign}">${icon(sign)}${word}${doubt}</span>` },
      ];
    }),
  };
}

function limit(
  { atLeast, atMost, stretch }: Outcome['claim'],
  number: (value: number) => string,
): string {
  const goal = stretch === undefined ? '' : `, stretch ${number(stretch)}`;
  if (atMost !== undefined) return `at most ${number(atMost)}${goal}`;
  return atLeast === undefined ? '–' : `at least ${number(atLeast)}${goal}`;
}
