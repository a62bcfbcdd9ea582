/** Stopping, in every mode: what was received is answered, nothing is left behind, and a deadline holds. */
import t from 'tap';
import { allGone, childrenOf, refusal } from './support/alive.ts';
import { connectTo, type Client } from './support/client.ts';
import { forEveryMode, type Combo } from './support/combos.ts';
import { contract } from './support/contract.ts';
import { before, until } from './support/wait.ts';

/** A client that closes its side when the server does. */
async function polite(client: Client): Promise<string> {
  await before(client.ended, 'the server ends the connection');
  return (await client.finish()).toString();
}

t.test('in an orderly way', async (t) => {
  await forEveryMode(t, { readPaths: ['fast', 'fallback'] }, async (t, combo) => {
    const served = await contract(t, combo, 'open=sync');
    const { server, log } = served;
    const children = await childrenOf(server);
    const idle = await served.ask('a\n');
    const busy = await served.ask('in-flight 500\nlate 100 b\nc\nbegun');
    await idle.untilText('a\n');
    await log.has('started');
    const ends = Promise.all([polite(idle), polite(busy)]);
    const closed = server.close();
    t.equal(server.close(), closed, 'a second close() is the same');
    t.strictSame(await ends, ['a\n', 'done\nb\nc\n'], 'messages in flight are answered');
    t.strictSame(await before(closed, 'it closes'), { forced: false });
    t.equal(await refusal(server), 'ECONNREFUSED', 'the listener is gone');
    await allGone(children);
    t.equal(log.count('close stop'), 2, 'both connections were closed for that reason');
    t.equal(await server.closed, await closed);
    t.ok((await server.stats()).workers.length > 0, 'its figures are still there');
    t.strictSame(await server.close(), { forced: false }, 'closing it once more does nothing');
  });
});

t.test('with a deadline', async (t) => {
  await forEveryMode(t, {}, async (t, combo) => {
    const served = await contract(t, combo, 'open=sync&hang-at-stop');
    const children = await childrenOf(served.server);
    const client = await served.ask('never\n');
    await served.log.has('never');
    const closed = served.server.close({ drainTimeoutMs: 1_000_000 });
    void served.server.close({ drainTimeoutMs: 2_000_000 });
    void served.server.close({ drainTimeoutMs: 50 });
    t.strictSame(await before(closed, 'it closes'), { forced: true }, 'the shortest holds');
    await before(client.ended, 'the client is cut');
    await allGone(children);
    t.equal(await refusal(served.server), 'ECONNREFUSED');
  });
});

const unless = ({ definition }: Combo) =>
  definition.units.length === 0 ? 'its loop is the one of this test' : undefined;

t.test('with a loop that is busy for ever', async (t) => {
  await forEveryMode(t, { unless }, async (t, combo) => {
    const served = await contract(t, combo, '');
    const children = await childrenOf(served.server);
    const client = await served.ask('spin\n');
    await until(() => served.log.lines.some((line) => line.startsWith('spins')), 'it spins');
    t.strictSame(await before(served.server.close({ drainTimeoutMs: 50 }), 'it closes'), {
      forced: true,
    });
    await before(client.ended, 'the client is cut');
    await allGone(children);
  });
});

t.test('while workers are replaced', async (t) => {
  await forEveryMode(t, { unless }, async (t, combo) => {
    const served = await contract(t, combo, '');
    const children = await childrenOf(served.server);
    for (let i = 0; i < 6; i += 1) {
      const client = await connectTo(served.server).catch(() => undefined);
      await client?.write('exit\n');
      if (client !== undefined) await before(client.ended, 'its worker is gone');
      client?.socket.destroy();
    }
    await before(served.server.close(), 'it closes');
    await allGone([...children, ...(await childrenOf(served.server))]);
    t.equal(await refusal(served.server), 'ECONNREFUSED');
  });
});
