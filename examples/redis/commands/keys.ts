/** Keys, whatever they hold. */
import { respError, respOk, respSimple, type RespReply } from 'patterns-runtime';
import type { Database, Value } from '../database.ts';
import { matches } from '../glob.ts';
import { List } from '../list.ts';
import { MemberSet } from '../member-set.ts';
import { toInteger } from '../numbers.ts';
import { invalidExpire, NONE, NOT_INTEGER, SYNTAX, unsupportedOption } from '../replies.ts';
import type { CommandTable } from './command.ts';

const OUT_OF_RANGE = respError('ERR DB index is out of range');
const NX_AND_OTHERS = respError(
  'ERR NX and XX, GT or LT options at the same time are not compatible',
);
const GT_AND_LT = respError('ERR GT and LT options at the same time are not compatible');
const TYPES = {
  string: respSimple('string'),
  list: respSimple('list'),
  set: respSimple('set'),
  hash: respSimple('hash'),
  zset: respSimple('zset'),
};
const MOST_MS = 2 ** 63;

export const keys: CommandTable = {
  del: {
    arity: -2,
    run(words, { database }) {
      let deleted = 0;
      for (let i = 1; i < words.length; i += 1) if (database.delete(words[i])) deleted += 1;
      return deleted;
    },
  },

  exists: {
    arity: -2,
    run(words, { database }) {
      let found = 0;
      for (let i = 1; i < words.length; i += 1)
        if (database.get(words[i]) !== undefined) found += 1;
      return found;
    },
  },

  type: { arity: 2, run: ([, key], { database }) => typeOf(database.get(key)) },

  ttl: {
    arity: 2,
    run([, key], { database }) {
      if (database.get(key) === undefined) return -2;
      const atMs = database.deadline(key);
      return atMs === undefined ? -1 : Math.floor((atMs - Date.now() + 500) / 1000);
    },
  },

  expire: {
    arity: -3,
    run(words, { database }) {
      const [, key, time] = words;
      const options = new Set<string>();
      for (const word of words.slice(3)) {
        const option = word.toLowerCase();
        if (!['nx', 'xx', 'gt', 'lt'].includes(option)) return unsupportedOption(word);
        options.add(option);
      }
      if (options.has('nx') && options.size > 1) return NX_AND_OTHERS;
      if (options.has('gt') && options.has('lt')) return GT_AND_LT;
      const seconds = toInteger(time);
      if (seconds === undefined) return NOT_INTEGER;
      const ms = Number(seconds) * 1000;
      if (Math.abs(ms) >= MOST_MS || ms + Date.now() >= MOST_MS) return invalidExpire('expire');
      return expire(database, key, ms + Date.now(), options);
    },
  },

  keys: {
    arity: 2,
    run: ([, pattern], { database }) => [...database.keys()].filter((key) => matches(pattern, key)),
  },

  dbsize: { arity: 1, run: (_words, { database }) => database.size },

  flushall: {
    arity: -1,
    run(words, { databases }) {
      const how = words[1]?.toLowerCase() ?? 'sync';
      if (words.length > 2 || (how !== 'sync' && how !== 'async')) return SYNTAX;
      for (const database of databases) database.clear();
      return respOk;
    },
  },

  select: {
    arity: 2,
    run([, index], session) {
      const number = toInteger(index);
      if (number === undefined || number >= 2 ** 31 || number < -(2 ** 31)) return NOT_INTEGER;
      const database = session.databases[Number(number)];
      if (database === undefined) return OUT_OF_RANGE;
      session.database = database;
      return respOk;
    },
  },
};

function typeOf(value: Value | undefined): RespReply {
  if (value === undefined) return NONE;
  if (typeof value !== 'object') return TYPES.string;
  if (value instanceof List) return TYPES.list;
  if (value instanceof MemberSet) return TYPES.set;
  return value instanceof Map ? TYPES.hash : TYPES.zset;
}

function expire(
  database: Database,
  key: string,
  atMs: number,
  options: ReadonlySet<string>,
): RespReply {
  if (database.get(key) === undefined) return 0;
  const before = database.deadline(key);
  if (options.has('nx') && before !== undefined) return 0;
  if (options.has('xx') && before === undefined) return 0;
  if (options.has('gt') && (before === undefined || atMs <= before)) return 0;
  if (options.has('lt') && before !== undefined && atMs >= before) return 0;
  if (atMs <= Date.now()) database.delete(key);
  else database.setDeadline(key, atMs);
  return 1;
}
