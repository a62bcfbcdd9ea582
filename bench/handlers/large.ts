/** Gives every line back; 'large' is answered with 64 KiB. */
import { defineHandler, line } from 'patterns-runtime';

const LARGE = 'x'.repeat(64 * 1024);

export default defineHandler({
  protocol: line(),
  stateless: true,
  message: (text) => (text === 'large' ? LARGE : text),
});
