/** Sorted sets. */
import { respError, type RespReply } from 'patterns-runtime';
import { formatScore, toInteger, toScore } from '../numbers.ts';
import { NOT_FLOAT, NOT_POSITIVE, SYNTAX, WRONG_TYPE, wrongArity } from '../replies.ts';
import { SortedSet } from '../sorted-set.ts';
import type { CommandTable } from './command.ts';

const NX_AND_XX = respError('ERR XX and NX options at the same time are not compatible');
const GT_LT_NX = respError('ERR GT, LT, and/or NX options at the same time are not compatible');
const ONE_INCREMENT = respError('ERR INCR option supports a single increment-element pair');
const NOT_A_NUMBER = respError('ERR resulting score is not a number (NaN)');

/** ZADD's options, one bit each. */
const NX = 1;
const XX = 2;
const GT = 4;
const LT = 8;
const CH = 16;
const INCR = 32;
const OPTIONS: Readonly<Record<string, number>> = {
  nx: NX,
  xx: XX,
  gt: GT,
  lt: LT,
  ch: CH,
  incr: INCR,
};

export const sortedSets: CommandTable = {
  zadd: {
    arity: -4,
    run(words, { database }) {
      const key = words[1];
      let options = 0;
      let first = 2;
      for (; first < words.length; first += 1) {
        const code = words[first].charCodeAt(0);
        if (code < 65) break; // a digit or a sign: no option
        const option = OPTIONS[words[first].toLowerCase()];
        if (option === undefined) break;
        options |= option;
      }
      const pairs = (words.length - first) / 2;
      if (pairs === 0 || !Number.isInteger(pairs)) return SYNTAX;
      const refused = options === 0 ? undefined : clash(options, pairs);
      if (refused !== undefined) return refused;
      const scores: number[] = [];
      for (let i = first; i < words.length; i += 2) {
        const score = toScore(words[i]);
        if (Number.isNaN(score)) return NOT_FLOAT;
        scores.push(score);
      }
      let set = database.get(key);
      if (set !== undefined && !(set instanceof SortedSet)) return WRONG_TYPE;
      if (set === undefined) {
        if (options & XX) return options & INCR ? null : 0;
        set = new SortedSet();
        database.set(key, set);
      }
      return addAll(set, words, first, scores, options);
    },
  },

  zpopmin: {
    arity: -2,
    run(words, { database }) {
      const key = words[1];
      if (words.length > 3) return wrongArity('zpopmin');
      let count = 1;
      if (words.length === 3) {
        const given = toInteger(words[2]);
        if (given === undefined || given < 0) return NOT_POSITIVE;
        count = Number(given);
      }
      const set = database.get(key);
      if (set === undefined) return [];
      if (!(set instanceof SortedSet)) return WRONG_TYPE;
      const popped: string[] = [];
      for (let left = count; left > 0 && set.size > 0; left -= 1) {
        const { member, score } = set.takeLowest();
        popped.push(member, formatScore(score));
      }
      if (set.size === 0) database.delete(key);
      return popped;
    },
  },
};

function clash(options: number, pairs: number): RespReply | undefined {
  if (options & NX && options & XX) return NX_AND_XX;
  if ((options & NX && options & (GT | LT)) || (options & GT && options & LT)) return GT_LT_NX;
  return options & INCR && pairs > 1 ? ONE_INCREMENT : undefined;
}

function addAll(
  set: SortedSet,
  words: readonly string[],
  first: number,
  scores: readonly number[],
  options: number,
): RespReply {
  let added = 0;
  let changed = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const member = words[first + i * 2 + 1];
    const before = set.score(member);
    let score = scores[i];
    if (before === undefined) {
      if (options & XX) continue;
      set.set(member, score);
      added += 1;
      if (options & INCR) return formatScore(score);
      continue;
    }
    if (options & NX) {
      if (options & INCR) return null;
      continue;
    }
    if (options & INCR) score += before;
    if (Number.isNaN(score)) return NOT_A_NUMBER;
    if ((options & LT && score >= before) || (options & GT && score <= before)) {
      if (options & INCR) return null;
      continue;
    }
    if (score !== before) {
      set.set(member, score);
      changed += 1;
    }
    if (options & INCR) return formatScore(score);
  }
  if (options & INCR) return null;
  return options & CH ? added + changed : added;
}
