/** RFC 9110, 5.3: how a handler finds header lines. */
import t from 'tap';
import { HttpHeaders, listOf } from '../../src/protocols/http1/headers.ts';

void t.test('headers are found in any case, and joined (5.3)', (t) => {
  const headers = new HttpHeaders(
    'Ab: 1\r\nCookie: a=b\r\naB:2\r\nCookie: c=d\r\nSet-Cookie: x\r\nSet-Cookie: y\r\nAbc: 3\r\n',
  );
  t.equal(headers.get('AB'), '1, 2');
  t.equal(headers.get('cookie'), 'a=b; c=d');
  t.same(headers.getAll('Set-Cookie'), ['x', 'y']);
  t.equal(headers.get('a'), undefined);
  t.equal(headers.get('abc'), '3');
  t.ok(headers.has('ABC'));
  t.notOk(headers.has('c'));
  t.equal(headers.size, 7);
  t.equal(headers.get('__proto__'), undefined);
  t.equal(new HttpHeaders('').get('x'), undefined);
  t.equal(new HttpHeaders('a: b:c\r\n').get('a: b'), undefined);
  t.end();
});

void t.test(
  'lists between commas, in time that grows with their length alone (RFC 9110, 5.6.1)',
  (t) => {
    t.same(listOf('a, b\t,\tc'), ['a', 'b', 'c']);
    t.same(listOf(' a b ,,'), ['a b', '', '']);
    t.same(listOf('\u00a0a'), ['\u00a0a'], 'a byte 160 is no blank');
    // With the square of its length this would take longer than any test.
    const blanks = ' '.repeat(4_000_000);
    t.equal(listOf(`a${blanks}b, c`)[1], 'c');
    t.end();
  },
);
