/** Imports a handler's module, and prints what it is as JSON, on a line of its own: URL. */
import type { HandlerWords } from './handler.ts';

interface Shape {
  readonly protocol?: { readonly name?: unknown };
  readonly message?: unknown;
  readonly socket?: unknown;
}

function describe(handler: Shape | null | undefined): HandlerWords {
  const isSocket = typeof handler?.socket === 'function';
  if (!isSocket && typeof handler?.message !== 'function') {
    return { problem: 'its default export is no handler: it has neither message() nor socket().' };
  }
  const name = handler.protocol?.name;
  return { socket: isSocket, ...(typeof name === 'string' && { protocol: name }) };
}

async function look(url: string): Promise<HandlerWords> {
  try {
    return describe(((await import(url)) as { default?: Shape }).default);
  } catch (error) {
    const { message } = error as Error;
    return { problem: `the module does not load: ${message.split('\n')[0].replace(/\.$/, '')}.` };
  }
}

const words = await look(process.argv[2]);
// A module may keep timers: the program ends all the same, once this is written.
process.stdout.write(`\n${JSON.stringify(words)}\n`, () => process.exit(0));
