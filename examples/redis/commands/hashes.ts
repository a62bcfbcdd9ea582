/** Hashes. */
import type { RespReply } from 'patterns-runtime';
import { WRONG_TYPE, wrongArity } from '../replies.ts';
import type { CommandTable } from './command.ts';

export const hashes: CommandTable = {
  hset: {
    arity: -4,
    run(words, { database }) {
      if (words.length % 2 === 1) return wrongArity('hset');
      const key = words[1];
      let hash = database.get(key);
      if (hash === undefined) {
        hash = new Map();
        database.set(key, hash);
      } else if (!(hash instanceof Map)) {
        return WRONG_TYPE;
      }
      const before = hash.size;
      for (let i = 2; i < words.length; i += 2) hash.set(words[i], words[i + 1]);
      return hash.size - before;
    },
  },

  hget: {
    arity: 3,
    run([, key, field], { database }) {
      const hash = database.get(key);
      if (hash === undefined) return null;
      return hash instanceof Map ? (hash.get(field) ?? null) : WRONG_TYPE;
    },
  },

  hgetall: {
    arity: 2,
    run([, key], { database }) {
      const hash = database.get(key);
      if (hash === undefined) return [];
      if (!(hash instanceof Map)) return WRONG_TYPE;
      const all: RespReply[] = [];
      for (const [field, value] of hash) all.push(field, value);
      return all;
    },
  },

  hdel: {
    arity: -3,
    run(words, { database }) {
      const key = words[1];
      const hash = database.get(key);
      if (hash === undefined) return 0;
      if (!(hash instanceof Map)) return WRONG_TYPE;
      let removed = 0;
      for (let i = 2; i < words.length; i += 1) if (hash.delete(words[i])) removed += 1;
      if (hash.size === 0) database.delete(key);
      return removed;
    },
  },
};
