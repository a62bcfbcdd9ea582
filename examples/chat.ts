/**
 * A line chat over topics: `patterns serve examples/chat.ts --mode=sharded`, then `nc localhost 7000` in two terminals.
 * The first line is your name. A room is a topic: whoever is in it hears you, whichever worker serves them.
 */
import { defineHandler, line, type Connection } from 'patterns-runtime';

interface Guest {
  name: string;
  room: string;
}
type Client = Connection<string, Guest>;

const HELP = '/join ROOM, /leave, /shout TEXT to everybody, /quit; all else is said in your room';
const WORD = /^\w{1,32}$/;
const EVERYBODY = 'everybody';

function enter(client: Client, name: string): string {
  if (!WORD.test(name)) return 'your name, please: 1 to 32 letters and digits';
  client.state.name = name;
  client.subscribe(EVERYBODY, { slow: 'skip' });
  return `welcome, ${name}: ${HELP}`;
}

function join(client: Client, room: string): string {
  if (!WORD.test(room)) return 'a room has a name of 1 to 32 letters and digits';
  leave(client);
  client.state.room = room;
  client.subscribe(`room ${room}`);
  client.publish(`room ${room}`, `${room} * ${client.state.name} is here`);
  return `you are in ${room}`;
}

function leave(client: Client): void {
  const { name, room } = client.state;
  if (room === '') return;
  client.unsubscribe(`room ${room}`);
  client.publish(`room ${room}`, `${room} * ${name} has left`);
  client.state.room = '';
}

export default defineHandler({
  protocol: line({ maxBytes: 1024 }),
  pushes: true,
  open: (): Guest => ({ name: '', room: '' }),
  message(text, client: Client) {
    const { name, room } = client.state;
    if (name === '') return enter(client, text);
    const [, command, rest] = /^\/(\w+) ?(.*)$/.exec(text) ?? [];
    if (command === 'join') return join(client, rest);
    if (command === 'leave') return leave(client);
    if (command === 'shout') return client.publish(EVERYBODY, `* ${name}: ${rest}`);
    if (command === 'quit') return client.close();
    if (command !== undefined || room === '') return HELP;
    client.publish(`room ${room}`, `${room} <${name}> ${text}`);
  },
  close: leave,
});
