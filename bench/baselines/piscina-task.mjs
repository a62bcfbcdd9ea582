/** What the pool's thread runs for each message. */
export default function echo(message) {
  return message;
}
