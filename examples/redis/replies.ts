/** What redis says, word for word: clients and their libraries compare these. */
import { respError, respSimple } from 'patterns-runtime';

export const PONG = respSimple('PONG');
export const NONE = respSimple('none');

export const WRONG_TYPE = respError(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
);
export const SYNTAX = respError('ERR syntax error');
export const NOT_INTEGER = respError('ERR value is not an integer or out of range');
export const NOT_POSITIVE = respError('ERR value is out of range, must be positive');
export const NOT_FLOAT = respError('ERR value is not a valid float');

export function wrongArity(name: string) {
  return respError(`ERR wrong number of arguments for '${name}' command`);
}

export function invalidExpire(name: string) {
  return respError(`ERR invalid expire time in '${name}' command`);
}

/** Quotes the arguments up to 128 characters, as redis does. */
export function unknownCommand([name, ...rest]: readonly string[]) {
  let quoted = '';
  for (const argument of rest) {
    if (quoted.length >= 128) break;
    quoted += `'${cText(argument).slice(0, 128 - quoted.length)}' `;
  }
  return respError(
    `ERR unknown command '${cText(name).slice(0, 128)}', with args beginning with: ${quoted}`,
  );
}

export function unknownSubcommand(command: string, subcommand: string) {
  return respError(
    `ERR unknown subcommand '${cText(subcommand).slice(0, 128)}'. Try ${command.toUpperCase()} HELP.`,
  );
}

export function unsupportedOption(word: string) {
  return respError(`ERR Unsupported option ${cText(word).replace(/[\r\n]+$/, '')}`);
}

/** What C sees of it: a NUL ends it. */
function cText(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}
