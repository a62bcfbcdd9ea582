/** The short form of fuzz.ts: mutated requests and responses, against node:http; and what the long form has found. */
import t from 'tap';
import { seeded } from '../protocols/harness.ts';
import { differ, differential, emptyTally } from './differential.ts';
import { differResponses, emptyClientTally } from './differential-responses.ts';
import { bytes } from './support.ts';

const REQUESTS = 6000;

void t.test(`${REQUESTS} mutated requests`, async (t) => {
  const tally = emptyTally();
  await differential(REQUESTS, seeded(20_261_121), tally);
  t.equal(tally.requests, REQUESTS);
  t.ok(tally.accepted > REQUESTS / 5, `${tally.accepted} are accepted`);
  t.ok(tally.bothRefuse > REQUESTS / 5);
  t.ok(tally.stricter.size > 5);
});

void t.test(`${REQUESTS} mutated responses`, async (t) => {
  const tally = emptyClientTally();
  await differResponses(REQUESTS, seeded(20_261_121), tally);
  t.equal(tally.responses, REQUESTS);
  t.ok(tally.accepted > REQUESTS / 5, `${tally.accepted} are accepted`);
  t.ok(tally.bothRefuse > REQUESTS / 5);
  t.ok(tally.stricter.size > 5);
});

/** Inputs in which the two differed once, or in which the comparison itself was at fault. */
const CORPUS: ReadonlyArray<readonly [string, 'accepted' | 'bothRefuse' | 'stricter', string]> = [
  [
    'close beside keep-alive (RFC 9112, 9.3)',
    'accepted',
    'PUT /p HTTP/1.0\r\nConnection: close, keep-alive\r\nContent-Length: 3\r\n\r\nabc',
  ],
  [
    'Proxy-Connection means nothing (RFC 9112, C.2.2)',
    'accepted',
    'GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n',
  ],
  [
    'a bad request behind one for an upgrade',
    'accepted',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nGET / HTTP/1.1\r\nX : y\r\n\r\n',
  ],
  [
    'a bad body of a request for an upgrade',
    'accepted',
    'PUT / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n?0\r\n\r\n\r\n0\r\n\r\n',
  ],
  [
    'a tab before chunked',
    'stricter',
    'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a tab behind chunked',
    'bothRefuse',
    'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n',
  ],
  [
    'another coding on a line of its own, and chunked last',
    'stricter',
    'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
];

for (const [what, expected, text] of CORPUS) {
  void t.test(what, async (t) => {
    const tally = emptyTally();
    await differ(bytes(text), seeded(1), tally);
    t.same(
      [tally.accepted, tally.bothRefuse, tally.stricter.size],
      [
        expected === 'accepted' ? 1 : 0,
        expected === 'bothRefuse' ? 1 : 0,
        expected === 'stricter' ? 1 : 0,
      ],
    );
  });
}
