/** Every command by its name, in small and in capital letters: the two ways in which clients write it. */
import type { RespReply } from 'patterns-runtime';
import { unknownCommand, wrongArity } from '../replies.ts';
import type { Command, Session } from './command.ts';
import { hashes } from './hashes.ts';
import { keys } from './keys.ts';
import { lists } from './lists.ts';
import { server } from './server.ts';
import { sets } from './sets.ts';
import { sortedSets } from './sorted-sets.ts';
import { strings } from './strings.ts';

const commands = new Map<string, Command>();
for (const [name, command] of Object.entries({
  ...strings,
  ...lists,
  ...sets,
  ...hashes,
  ...sortedSets,
  ...keys,
  ...server,
})) {
  commands.set(name, command);
  commands.set(name.toUpperCase(), command);
}

export function execute(words: readonly string[], session: Session): RespReply {
  const name = words[0];
  const command = commands.get(name) ?? commands.get(name.toLowerCase());
  if (command === undefined) return unknownCommand(words);
  const { arity } = command;
  if (arity < 0 ? words.length < -arity : words.length !== arity)
    return wrongArity(name.toLowerCase());
  return command.run(words, session);
}
