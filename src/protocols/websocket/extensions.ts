/** Sec-WebSocket-Extensions (RFC 6455, 9.1), and what of it is agreed on (RFC 7692, 7.1). */

export interface Extension {
  readonly name: string;
  /** Name and value; '' for none. */
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const BLANK = '[ \\t]*';
/** A quoted value must be a token when it is unquoted, and tokens need no escapes. */
const PARAMETER = `${BLANK};${BLANK}(${TOKEN})(?:${BLANK}=${BLANK}(?:(${TOKEN})|"(${TOKEN})"))?`;
const ONE = new RegExp(`${BLANK}(${TOKEN})((?:${PARAMETER})*)${BLANK}(,|$)`, 'y');
const PARAMETERS = new RegExp(PARAMETER, 'g');

/** Undefined: malformed. Without the header it is empty. */
export function readExtensions(value: string | undefined): Extension[] | undefined {
  const extensions: Extension[] = [];
  if (value === undefined) return extensions;
  for (let at = 0, more = true; more; at = ONE.lastIndex) {
    ONE.lastIndex = at;
    const found = ONE.exec(value);
    if (found === null) return undefined;
    const parameters = [...found[2].matchAll(PARAMETERS)].map(
      ([, name, plain, quoted]) => [name, plain ?? quoted ?? ''] as const,
    );
    extensions.push({ name: found[1], parameters });
    more = found.at(-1) === ',';
  }
  return extensions;
}

/** What was agreed on. */
export interface Agreed {
  /** Of the server's compressor. */
  readonly windowBits: number;
  /** The response's Sec-WebSocket-Extensions. */
  readonly header: string;
}

/** The first offer of permessage-deflate that can be kept, if there is one. */
export function agreeOnDeflate(offers: readonly Extension[]): Agreed | undefined {
  for (const { name, parameters } of offers) {
    if (name !== 'permessage-deflate') continue;
    const windowBits = windowOf(parameters);
    if (windowBits === undefined) continue;
    let header = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
    if (parameters.some(([one]) => one === 'server_max_window_bits')) {
      header += `; server_max_window_bits=${windowBits}`;
    }
    return { windowBits, header };
  }
  return undefined;
}

const BITS = /^(?:[89]|1[0-5])$/;

/** Undefined: declined, for a parameter that is unknown, stands twice, has a value that it cannot have, or asks for 8 bits, which zlib lacks. */
function windowOf(parameters: Extension['parameters']): number | undefined {
  let windowBits = 15;
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    switch (name) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== '') return undefined;
        break;
      case 'client_max_window_bits':
        if (value !== '' && !BITS.test(value)) return undefined;
        break;
      case 'server_max_window_bits':
        if (!BITS.test(value) || value === '8') return undefined;
        windowBits = Number(value);
        break;
      default:
        return undefined;
    }
  }
  return windowBits;
}
