import t from 'tap';
import { Account, Failure, failureOf, FAILURES, nameFailures } from './account.ts';

t.test('sent = answered + failed + in flight', async (t) => {
  const account = new Account();
  account.add({ sent: 10, answered: 4, failed: FAILURES.map((_, kind) => (kind < 3 ? 1 : 0)) });
  t.equal(account.failures, 3);
  t.equal(account.inFlight, 3);
  account.add(account.counts());
  t.equal(account.sent, 20);
  t.equal(account.inFlight, 6);
});

t.test("a socket's error has a kind", async (t) => {
  const cases: Array<[string | undefined, boolean, Failure]> = [
    ['ECONNREFUSED', true, Failure.REFUSED],
    ['ENOENT', true, Failure.REFUSED],
    ['ETIMEDOUT', true, Failure.CONNECT_TIMEOUT],
    ['ETIMEDOUT', false, Failure.TIMEOUT],
    ['ECONNRESET', true, Failure.RESET],
    ['ECONNRESET', false, Failure.RESET],
    ['EPIPE', false, Failure.RESET],
    ['EADDRNOTAVAIL', true, Failure.LOCAL],
    ['EMFILE', true, Failure.LOCAL],
    [undefined, false, Failure.RESET],
  ];
  for (const [code, connecting, failure] of cases) {
    t.equal(failureOf(code, connecting), failure, `${code} ${connecting ? 'connecting' : 'open'}`);
  }
});

t.test('kinds have names', async (t) => {
  t.same(Object.keys(nameFailures(FAILURES.map(() => 0))), FAILURES);
  t.equal(FAILURES.length, Object.keys(Failure).length);
  t.equal(FAILURES[Failure.WRONG_ANSWER], 'wrongAnswer');
  t.equal(FAILURES[Failure.LOCAL], 'local');
});
