/** Options that several benchmarks have: which of their cases to measure, and in how many rounds. */
import type { BenchOptions } from './benches.ts';

type Given = BenchOptions[string];

/**
 * The names given with an option, separated by commas; all that are known where it was not given.
 * @throws RangeError that names the option
 */
export function namesIn(bench: string, option: string, given: Given, known: readonly string[]): readonly string[] {
  if (typeof given !== 'string') return known;
  const names = given.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`${bench}: expected --${option} among ${known.join(', ')}, got '${unknown}'`);
  return names;
}

/** The rounds given with `--rounds`, or as many as usual. @throws RangeError that names the option */
export function roundsIn(bench: string, given: Given, usual: number): number {
  const rounds = typeof given === 'string' ? Number(given) : usual;
  if (!(Number.isSafeInteger(rounds) && rounds > 0))
    throw new RangeError(`${bench}: expected --rounds of a whole number above 0, got '${given}'`);
  return rounds;
}
