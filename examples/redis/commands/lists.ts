/** Lists. */
import { respNullArray, type RespReply } from 'patterns-runtime';
import { List } from '../list.ts';
import { toInteger } from '../numbers.ts';
import { NOT_INTEGER, NOT_POSITIVE, WRONG_TYPE, wrongArity } from '../replies.ts';
import type { CommandTable, Session } from './command.ts';

export const lists: CommandTable = {
  lpush: { arity: -3, run: (words, session) => push(words, session, true) },
  rpush: { arity: -3, run: (words, session) => push(words, session, false) },
  lpop: { arity: -2, run: (words, session) => pop(words, session, true) },
  rpop: { arity: -2, run: (words, session) => pop(words, session, false) },

  llen: {
    arity: 2,
    run([, key], { database }) {
      const list = database.get(key);
      if (list === undefined) return 0;
      return list instanceof List ? list.length : WRONG_TYPE;
    },
  },

  lrange: {
    arity: 4,
    run([, key, first, last], { database }) {
      const start = toInteger(first);
      const stop = toInteger(last);
      if (start === undefined || stop === undefined) return NOT_INTEGER;
      const list = database.get(key);
      if (list === undefined) return [];
      if (!(list instanceof List)) return WRONG_TYPE;
      const { length } = list;
      const from = Math.max(0, Number(start) + (start < 0 ? length : 0));
      const to = Math.min(length, Number(stop) + (stop < 0 ? length : 0) + 1);
      return from < to ? list.slice(from, to) : [];
    },
  },
};

function push(words: readonly string[], { database }: Session, atHead: boolean): RespReply {
  const key = words[1];
  let list = database.get(key);
  if (list === undefined) {
    list = new List();
    database.set(key, list);
  } else if (!(list instanceof List)) {
    return WRONG_TYPE;
  }
  for (let i = 2; i < words.length; i += 1) {
    if (atHead) list.unshift(words[i]);
    else list.push(words[i]);
  }
  return list.length;
}

function pop(words: readonly string[], { database }: Session, atHead: boolean): RespReply {
  const key = words[1];
  const counted = words.length > 2;
  if (words.length > 3) return wrongArity(atHead ? 'lpop' : 'rpop');
  let count = 1;
  if (counted) {
    const given = toInteger(words[2]);
    if (given === undefined || given < 0) return NOT_POSITIVE;
    count = Number(given);
  }
  const list = database.get(key);
  if (list === undefined) return counted ? respNullArray : null;
  if (!(list instanceof List)) return WRONG_TYPE;
  if (!counted) {
    const value = atHead ? list.shift() : list.pop();
    if (list.length === 0) database.delete(key);
    return value;
  }
  const values: string[] = [];
  while (values.length < count && list.length > 0) values.push(atHead ? list.shift() : list.pop());
  if (list.length === 0) database.delete(key);
  return values;
}
