/** Sets. */
import { MemberSet } from '../member-set.ts';
import { toInteger } from '../numbers.ts';
import { NOT_POSITIVE, SYNTAX, WRONG_TYPE } from '../replies.ts';
import type { CommandTable } from './command.ts';

export const sets: CommandTable = {
  sadd: {
    arity: -3,
    run(words, { database }) {
      const key = words[1];
      let set = database.get(key);
      if (set === undefined) {
        set = new MemberSet();
        database.set(key, set);
      } else if (!(set instanceof MemberSet)) {
        return WRONG_TYPE;
      }
      let added = 0;
      for (let i = 2; i < words.length; i += 1) if (set.add(words[i])) added += 1;
      return added;
    },
  },

  scard: {
    arity: 2,
    run([, key], { database }) {
      const set = database.get(key);
      if (set === undefined) return 0;
      return set instanceof MemberSet ? set.size : WRONG_TYPE;
    },
  },

  /** In no order, as in redis. */
  smembers: {
    arity: 2,
    run([, key], { database }) {
      const set = database.get(key);
      if (set === undefined) return [];
      return set instanceof MemberSet ? set.members : WRONG_TYPE;
    },
  },

  spop: {
    arity: -2,
    run(words, { database }) {
      const key = words[1];
      if (words.length > 3) return SYNTAX;
      let count = -1;
      if (words.length === 3) {
        const given = toInteger(words[2]);
        if (given === undefined || given < 0) return NOT_POSITIVE;
        count = Number(given);
      }
      const set = database.get(key);
      if (set === undefined) return count === -1 ? null : [];
      if (!(set instanceof MemberSet)) return WRONG_TYPE;
      if (count === -1) {
        const member = set.take();
        if (set.size === 0) database.delete(key);
        return member;
      }
      const members: string[] = [];
      while (members.length < count && set.size > 0) members.push(set.take());
      if (set.size === 0) database.delete(key);
      return members;
    },
  },
};
