/** Student's t distribution for whole degrees of freedom. */

const ROUNDS = 60;
/** Above this many degrees of freedom t is the normal distribution, to four digits. */
const MOST_DEGREES = 1000;

/** P(|T| ≤ t): the finite series of Abramowitz & Stegun, 26.7.3 and 26.7.4. */
export function centralShare(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degrees; k += 2) {
    term *= ((k - 1) / k) * cosine ** 2;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t that |T| exceeds with probability `alpha`. Degrees of freedom are rounded down, which is the careful side. */
export function criticalT(alpha: number, degrees: number): number {
  const whole = Math.min(Math.floor(degrees), MOST_DEGREES);
  let low = 0;
  let high = 1;
  while (centralShare(high, whole) < 1 - alpha) high *= 2;
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = (low + high) / 2;
    if (centralShare(middle, whole) < 1 - alpha) low = middle;
    else high = middle;
  }
  return high;
}
