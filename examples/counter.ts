/**
 * Counts a connection's lines: what `open` returns is the connection's state. It stays with its connection in every
 * mode, also in `dispatched`, where each connection's lines go to one executor.
 */
import { defineHandler, line, type CloseReason } from 'patterns-runtime';

export default defineHandler({
  protocol: line(),
  open: () => ({ lines: 0, characters: 0 }),
  message(text, { state }) {
    state.lines += 1;
    state.characters += text.length;
    return `line ${state.lines}, ${state.characters} characters so far`;
  },
  close({ id, state }, reason: CloseReason) {
    if (reason.code === 'reset') console.error(`connection ${id} broke after ${state.lines} lines`);
  },
});
