/** The connection and the server: what redis-cli, redis-benchmark and client libraries ask for. */
import { respError, respOk, type RespReply } from 'patterns-runtime';
import { matches } from '../glob.ts';
import { PONG, unknownSubcommand, wrongArity } from '../replies.ts';
import type { CommandTable, Session } from './command.ts';

const BAD_NAME = respError(
  'ERR Client names cannot contain spaces, newlines or special characters.',
);
/** Nothing is written to disk. */
const SETTINGS: Readonly<Record<string, string>> = { save: '', appendonly: 'no' };

export const server: CommandTable = {
  ping: {
    arity: -1,
    run(words) {
      if (words.length === 1) return PONG;
      return words.length === 2 ? words[1] : wrongArity('ping');
    },
  },

  echo: { arity: 2, run: ([, text]) => text },

  quit: {
    arity: -1,
    run(_words, { connection }) {
      connection.close();
      return respOk;
    },
  },

  config: {
    arity: -2,
    run([, subcommand, ...patterns]) {
      if (subcommand.toLowerCase() !== 'get') return unknownSubcommand('config', subcommand);
      if (patterns.length === 0) return wrongArity('config|get');
      return Object.entries(SETTINGS)
        .filter(([name]) => patterns.some((pattern) => matches(pattern.toLowerCase(), name)))
        .flat();
    },
  },

  /** Empty: redis-cli then does without hints. */
  command: { arity: -1, run: () => [] },

  client: {
    arity: -2,
    run: (words, session) => client(words, session),
  },

  info: {
    arity: -1,
    run: (_words, { databases, workerId }) => {
      const spaces = databases.flatMap(({ size }, i) => (size > 0 ? [`db${i}:keys=${size}`] : []));
      const lines = [
        '# Server',
        'redis_version:7.0.0',
        'redis_mode:standalone',
        `process_id:${process.pid}`,
        `worker_id:${workerId}`,
        '',
        '# Keyspace',
        ...spaces,
      ];
      return lines.map((line) => `${line}\r\n`).join('');
    },
  },
};

function client([, subcommand, ...rest]: readonly string[], session: Session): RespReply {
  switch (subcommand.toLowerCase()) {
    case 'setname': {
      const [name] = rest;
      if (rest.length !== 1) return wrongArity('client|setname');
      for (let i = 0; i < name.length; i += 1) if (name[i] < '!' || name[i] > '~') return BAD_NAME;
      session.name = name;
      return respOk;
    }
    case 'getname':
      if (rest.length > 0) return wrongArity('client|getname');
      return session.name === '' ? null : session.name;
    case 'id':
      return rest.length > 0 ? wrongArity('client|id') : session.connection.id;
    case 'setinfo':
      return rest.length === 2 ? respOk : wrongArity('client|setinfo');
    default:
      return unknownSubcommand('client', subcommand);
  }
}
