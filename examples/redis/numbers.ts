/** Numbers as redis reads and writes them. */

/** So many digits are a safe integer, whatever they are. */
const SAFE_DIGITS = 15;
const ZERO = 48;
const MINUS = 45;

/**
 * As strict as redis (string2ll): no sign but a minus, no leading zero, 64 bits. A number where it is safe.
 * @returns undefined if it is none
 */
export function toInteger(text: string): number | bigint | undefined {
  const first = text.charCodeAt(0) === MINUS ? 1 : 0;
  const digits = text.length - first;
  if (digits < 1 || digits > 19) return undefined;
  if (text.charCodeAt(first) === ZERO) return text.length === 1 ? 0 : undefined;
  let value = 0;
  for (let i = first; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (digits <= SAFE_DIGITS) return first === 1 ? -value : value;
  const exact = BigInt(text);
  return BigInt.asIntN(64, exact) === exact ? narrow(exact) : undefined;
}

/** The sum, or undefined where it has more than 64 bits. */
export function sum(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const quick = a + b;
    if (Number.isSafeInteger(quick)) return quick;
  }
  const exact = BigInt(a) + BigInt(b);
  return BigInt.asIntN(64, exact) === exact ? narrow(exact) : undefined;
}

function narrow(exact: bigint): number | bigint {
  const near = Number(exact);
  return Number.isSafeInteger(near) ? near : exact;
}

/** A score, as strtod reads it. NaN if it is none. */
export function toScore(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  // Number() also takes what strtod does not: white space, nothing at all, 0b1, 0o7.
  if (!(last > 32) || text.charCodeAt(0) <= 32) return Number.NaN;
  const value = Number(text);
  if (Number.isFinite(value)) {
    const radix = text.charCodeAt(1) | 32;
    return radix === 98 || radix === 111 ? Number.NaN : value;
  }
  switch (text.toLowerCase()) {
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Infinity;
    case '-inf':
    case '-infinity':
      return -Infinity;
    default:
      return Number.NaN;
  }
}

const DIGITS = 17;
const CARRIED = 10n ** BigInt(DIGITS);

/** A score as C prints it with %.17g; toPrecision() rounds halves up where C takes the even digit. */
export function formatScore(score: number): string {
  if (Number.isSafeInteger(score)) return Object.is(score, -0) ? '-0' : String(score);
  if (!Number.isFinite(score)) return score > 0 ? 'inf' : '-inf';
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- 100 may be asked for since ES2018
  const [mantissa, power] = Math.abs(score).toExponential(50).split('e');
  const all = mantissa.replace('.', '');
  const rest = all.slice(DIGITS);
  const half = '5'.padEnd(rest.length, '0');
  let exponent = Number(power);
  let head = BigInt(all.slice(0, DIGITS));
  if (rest > half || (rest === half && head % 2n === 1n)) head += 1n;
  if (head === CARRIED) {
    head /= 10n;
    exponent += 1;
  }
  return `${score < 0 ? '-' : ''}${layOut(String(head), exponent)}`;
}

function layOut(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= DIGITS) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${dropZeros(`${digits[0]}.${digits.slice(1)}`)}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return dropZeros(`0.${'0'.repeat(-1 - exponent)}${digits}`);
  return dropZeros(`${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`);
}

function dropZeros(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end -= 1;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}
