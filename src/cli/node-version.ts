/** Whether this Node is new enough. It runs on any that has modules: nothing newer than they are belongs here. */

/** They say what is there, or what is wrong with it. */
const ANYWHERE = /^(doctor|help|-h|--help|-V|--version)$/;

/**
 * Why the command is not run, in a sentence; undefined: it is. `range`: as in package.json.
 *
 * @example refusal('20.1.0', '>=22.19', ['serve', 'echo'])
 */
export function refusal(
  version: string,
  range: string,
  words: readonly string[],
): string | undefined {
  const oldest = range.replace('>=', '');
  if (compareVersions(version, oldest) >= 0) return undefined;
  if (words.length === 0 || words.some((word) => ANYWHERE.test(word))) return undefined;
  return `This is Node ${version}, and Node ${oldest} is the oldest that will do: install a newer one (https://nodejs.org/en/download).`;
}

/** Less than 0: `a` is the older one. What one does not say counts as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
