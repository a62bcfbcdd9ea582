/** What a command is. */
import type { Connection, RespReply } from 'patterns-runtime';
import type { Database } from '../database.ts';

/** One client's side of things. */
export interface Session {
  readonly databases: readonly Database[];
  readonly connection: Pick<Connection, 'id' | 'close'>;
  readonly workerId: number;
  /** The one that it selected. */
  database: Database;
  name: string;
}

export interface Command {
  /** How many words it has with its name; -3: three or more. */
  readonly arity: number;
  /** `words[0]` is the name, as the client wrote it. */
  run(words: readonly string[], session: Session): RespReply;
}

export type CommandTable = Readonly<Record<string, Command>>;
