/** Strings, and numbers in them. */
import { respError, respOk, type RespReply } from 'patterns-runtime';
import type { Database, Value } from '../database.ts';
import { sum, toInteger } from '../numbers.ts';
import { invalidExpire, NOT_INTEGER, SYNTAX, WRONG_TYPE, wrongArity } from '../replies.ts';
import type { CommandTable, Session } from './command.ts';

const OVERFLOW = respError('ERR increment or decrement would overflow');
const DECREMENT_OVERFLOW = respError('ERR decrement would overflow');

export const strings: CommandTable = {
  get: { arity: 2, run: ([, key], { database }) => textOf(database.get(key)) },

  set: {
    arity: -3,
    run(words, { database }) {
      if (words.length > 3) return setWithOptions(words, database);
      database.set(words[1], words[2]);
      return respOk;
    },
  },

  mset: {
    arity: -3,
    run(words, { database }) {
      if (words.length % 2 === 0) return wrongArity('mset');
      for (let i = 1; i < words.length; i += 2) database.set(words[i], words[i + 1]);
      return respOk;
    },
  },

  mget: {
    arity: -2,
    run(words, { database }) {
      const values: RespReply[] = [];
      for (let i = 1; i < words.length; i += 1) {
        const text = textOf(database.get(words[i]));
        values.push(text === WRONG_TYPE ? null : text);
      }
      return values;
    },
  },

  incr: { arity: 2, run: ([, key], session) => add(key, 1, session) },
  decr: { arity: 2, run: ([, key], session) => add(key, -1, session) },
  incrby: { arity: 3, run: ([, key, by], session) => add(key, toInteger(by), session) },
  decrby: {
    arity: 3,
    run([, key, by], session) {
      const amount = toInteger(by);
      if (amount === undefined) return NOT_INTEGER;
      if (amount === -(2n ** 63n)) return DECREMENT_OVERFLOW;
      return add(key, -amount, session);
    },
  },
};

function isText(value: Value): value is string | number | bigint {
  return typeof value !== 'object';
}

function textOf(value: Value | undefined): RespReply {
  if (typeof value === 'string') return value;
  if (value === undefined) return null;
  return isText(value) ? String(value) : WRONG_TYPE;
}

function add(key: string, amount: number | bigint | undefined, { database }: Session): RespReply {
  if (amount === undefined) return NOT_INTEGER;
  const value = database.get(key) ?? 0;
  if (!isText(value)) return WRONG_TYPE;
  const before = typeof value === 'string' ? toInteger(value) : value;
  if (before === undefined) return NOT_INTEGER;
  const after = sum(before, amount);
  if (after === undefined) return OVERFLOW;
  database.update(key, after);
  return after;
}

const MOST_MS = 2 ** 63;

interface SetOptions {
  only: 'nx' | 'xx' | undefined;
  get: boolean;
  keepDeadline: boolean;
  unit: 'ex' | 'px' | 'exat' | 'pxat' | undefined;
  time: string;
}

function setWithOptions(words: readonly string[], database: Database): RespReply {
  const options = readSetOptions(words);
  if (options === undefined) return SYNTAX;
  const { unit } = options;
  let atMs: number | undefined;
  if (unit !== undefined) {
    const time = toInteger(options.time);
    if (time === undefined) return NOT_INTEGER;
    const ms = Number(time) * (unit.startsWith('e') ? 1000 : 1);
    atMs = unit.endsWith('at') ? ms : ms + Date.now();
    if (ms <= 0 || atMs >= MOST_MS) return invalidExpire('set');
  }
  const [, key, value] = words;
  const before = database.get(key);
  const was = options.get ? textOf(before) : null;
  if (was === WRONG_TYPE) return was;
  if (options.only !== undefined && (options.only === 'nx') === (before !== undefined)) return was;
  if (options.keepDeadline) database.update(key, value);
  else database.set(key, value);
  if (atMs !== undefined) database.setDeadline(key, atMs);
  return options.get ? was : respOk;
}

/** Undefined: a syntax error. */
function readSetOptions(words: readonly string[]): SetOptions | undefined {
  const options: SetOptions = {
    only: undefined,
    get: false,
    keepDeadline: false,
    unit: undefined,
    time: '',
  };
  for (let i = 3; i < words.length; i += 1) {
    const word = words[i].toLowerCase();
    switch (word) {
      case 'nx':
      case 'xx':
        if (options.only !== undefined && options.only !== word) return undefined;
        options.only = word;
        break;
      case 'get':
        options.get = true;
        break;
      case 'keepttl':
        if (options.unit !== undefined) return undefined;
        options.keepDeadline = true;
        break;
      case 'ex':
      case 'px':
      case 'exat':
      case 'pxat':
        if (options.keepDeadline || (options.unit !== undefined && options.unit !== word))
          return undefined;
        if (i + 1 === words.length) return undefined;
        options.unit = word;
        i += 1;
        options.time = words[i];
        break;
      default:
        return undefined;
    }
  }
  return options;
}
