/** The contract of connections and handlers, in every mode: open, state, send, errors, the loop's start and stop. */
import t from 'tap';
import { connectTo } from './support/client.ts';
import { forEveryMode } from './support/combos.ts';
import { contract } from './support/contract.ts';
import { until } from './support/wait.ts';

const state = (opened: string, messages: number) =>
  `${JSON.stringify({ opened, messages, results: [] })}\n`;

t.test('a connection', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const served = await contract(t, combo, 'open=sync&throw-at-close&throw-at-stop');
    const { log } = served;

    t.equal(
      await served.tell('state\nstate\n'),
      state('sync', 1) + state('sync', 2),
      'open gives the state',
    );
    t.equal(await served.tell('state\nx'), state('sync', 1), 'each connection has its own');
    await log.has('close client');
    await log.has('close protocol');
    await log.has('because The peer ended inside a message, after 1 bytes of it.');
    await log.has('error close threw', 2);
    t.equal(await served.tell('who\n'), '127.0.0.1 true\n', 'knows its peer');

    t.equal(await served.tell('send a b\nc\n'), 'a\nb\nand\nok ok ok\nc\n', 'send()');
    t.equal(
      await served.tell('late 20 x\nsend a\n'),
      'a\nand\nx\nok ok\n',
      'not behind replies due',
    );
    t.equal(await served.tell('send-late a\nb\n'), 'a\nok\nb\n', 'while its promise is pending');
    t.equal(await served.hear('close\na\n'), 'closed\n', 'after close()');
    await log.has('close handler');
    t.equal(await served.tell('nothing\na\n'), 'a\n', 'no reply');

    await served.isEmpty();
    // An executor's close() runs, and is counted, after the connection has gone.
    await until(() => log.count('error close threw') === log.count('open'), 'every close() ran');
    const noted = () =>
      log.lines.filter((line) => line.startsWith('error ')).length + log.count('close protocol');
    await until(async () => (await served.sum('errors')) === noted(), 'every error is counted');
    const before = await served.sum('errors');
    log.clear();
    for (const [verb, message] of [
      ['throw', 'message threw'],
      ['reject', 'message rejected'],
      ['unencodable', 'line cannot carry'],
    ]) {
      t.equal(
        await served.hear(`a\n${verb}\nb\n`),
        'a\n',
        `${verb}: closed, where there is no error reply`,
      );
      await until(() => log.lines.some((line) => line.startsWith(`error ${message}`)), message);
    }
    await log.has('close error', 3);
    // close() throws as well
    await until(async () => (await served.sum('errors')) - before >= 6, 'six errors are counted');
    await served.isEmpty();
    t.equal((await served.sum('errors')) - before, 6, 'each error is counted once');

    const reset = await connectTo(served.server);
    await reset.write('a\nb');
    await reset.untilText('a\n');
    reset.reset();
    await log.has('close reset');
    t.equal(await served.tell('a\n'), 'a\n', 'and everybody else is served');

    const start = JSON.parse(await served.tell('start\n')) as { workerId: number; data: unknown };
    t.strictSame(start.data, { log: log.path, text: 'é' }, 'serve({ data })');
  });
});

t.test('the loops', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const served = await contract(t, combo, '');
    const { server, log } = served;
    const tell = (text: string) => served.tell(text);
    const { workerId } = JSON.parse(await tell('start\n')) as { workerId: number };
    const starts = log.lines.filter((line) => line.startsWith('start '));
    t.equal(new Set(starts).size, starts.length, 'each has an id of its own');
    t.ok(starts.includes(`start ${workerId}`));
    t.strictSame(await server.close(), { forced: false });
    const stops = log.lines.filter((line) => line.startsWith('stop '));
    t.strictSame(
      stops.map((line) => line.slice(5)).sort(),
      starts.map((line) => line.slice(6)).sort(),
      'start() and stop() once for each loop',
    );
  });
});

t.test('open', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const late = await contract(t, combo, 'open=async');
    t.equal(await late.tell('state\nstate\n'), state('async', 1) + state('async', 2), 'late');
    const hasty = await late.ask('');
    hasty.reset();
    await late.log.has('close reset');
    t.equal(late.log.count('close reset'), 1, 'a client that goes meanwhile is closed once');

    const send = await contract(t, combo, 'open=send');
    t.equal(await send.tell('a\n'), 'welcome\nand hello\na\n', 'sends');
    const close = await contract(t, combo, 'open=close');
    t.equal(await close.hear(''), 'goodbye\n', 'closes');
    await close.log.has('close handler');

    for (const [flags, message] of [
      ['open=throw', 'error open threw'],
      ['open=reject', 'error open rejected'],
    ]) {
      const broken = await contract(t, combo, flags);
      t.equal(await broken.hear(''), '', flags);
      await broken.log.has(message);
      await broken.isEmpty();
      t.equal(await broken.sum('errors'), 1, 'counted once');
      t.notOk(
        broken.log.lines.some((line) => line.startsWith('close')),
        'not opened, not closed',
      );
    }
  });
});

t.test('pushes', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    if (!combo.definition.capabilities.includes('pushes')) {
      await t.rejects(contract(t, combo, 'pushes'), {
        code: 'PATTERNS_MODE',
        message: /the handler pushes. Modes that can: .*pooled/,
      });
      return;
    }
    const undeclared = await contract(t, combo, 'open=sync');
    const client = await undeclared.ask('push\n');
    await client.untilText('soon\n');
    await undeclared.log.has('push PushError');
    t.equal((await client.finish()).toString(), 'soon\n', 'undeclared: it throws');

    const served = await contract(t, combo, 'pushes&open=sync', {
      limits: { sendLimitBytes: 1024 * 1024 },
    });
    const { log } = served;
    const ticks = await served.ask('tick 5\n');
    await ticks.untilText('tick 5\n');
    t.equal(
      (await ticks.finish()).toString(),
      'ticks\ntick 1\ntick 2\ntick 3\ntick 4\ntick 5\n',
      'declared: it goes out',
    );
    const gone = await served.ask('tick 1000000\n');
    await gone.untilText('tick 1\n');
    gone.reset();
    await log.has('tick closed');

    const slow = await connectTo(served.server);
    slow.socket.pause();
    await slow.write('flood 50000\n');
    await log.has('flooded wait');
    slow.socket.resume();
    await log.has('drain');
    await slow.untilText('drained\n');
    t.match(slow.text, /wait after \d+\n/, 'the sender is told to wait, and when to go on');
    slow.end();

    const never = await connectTo(served.server);
    never.socket.pause();
    await never.write('overflow 50000\n');
    await log.has('close send-limit');
    const sent = log.lines.find((line) => line.startsWith('overflow'));
    t.match(sent, /^overflow closed after \d+$/, 'past the limit the connection is closed');
    t.ok(Number(sent?.split(' ').at(-1)) * 50_000 < 32 * 1024 * 1024, 'before much is kept');
    t.equal(await served.tell('a\n'), 'a\n', 'and nobody else');
  });
});

t.test('signal aborts when the client goes', async (t) => {
  const unless = ({ mode }: { mode: string }) =>
    mode === 'blocking' ? 'blocking sees a client go when it reads or writes' : undefined;
  await forEveryMode(t, { unless }, async (t, combo) => {
    const { ask, log } = await contract(t, combo, 'open=sync').then((served) => ({
      ask: (text: string) => served.ask(text),
      log: served.log,
    }));
    const client = await ask('a\nnever\n');
    await log.has('never');
    client.reset();
    await log.has('aborted the connection ended: reset');
    await log.has('close reset');
    const closing = await ask('never\n');
    await log.has('never', 2);
    closing.end();
    closing.socket.destroy();
    t.pass('the signal says why');
  });
});
