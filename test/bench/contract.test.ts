/**
 * The command line and the bench are compiled apart, and each declares what they say to each other. Where the two differ,
 * this file does not compile (`npm run types`).
 */
import t from 'tap';
import * as command from '../../bench/command.ts';
import type { BenchRequest as Asked } from '../../bench/request.ts';
import type { BenchIo, BenchModule, BenchRequest as Given } from '../../src/cli/bench.ts';

/** True where the two are the same in every key, in whether it may be left out, and in whether it may be written. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const sameRequest: Same<
  { [Key in keyof Given]: Given[Key] },
  { [Key in keyof Asked]: Asked[Key] }
> = true;
const module: BenchModule = command;
const io: (given: BenchIo) => command.BenchIo = (given) => given;

t.test('the command line finds what it asks of the bench', async (t) => {
  t.ok(sameRequest);
  t.type(module.bench, 'function');
  t.ok(module.suites.every(({ name, question }) => name !== '' && question !== ''));
  t.type(io, 'function');
});
