/**
 * How sure a correlation of scores is. The scores of one input belong together, so it is inputs that are left out one at a
 * time, and not scores: the jackknife (Efron and Stein 1981, "The jackknife estimate of variance", Annals of Statistics 9),
 * with a normal interval.
 */
import { type Measured, mean, standardDeviation } from '../../../report/index.ts';
import type { NDArray } from '../../../tensor/index.ts';
import { normalQuantile } from './normal.ts';

/** The sums that a correlation is made of: of 1, x, y, xx, yy and xy. */
type Sums = [n: number, x: number, y: number, xx: number, yy: number, xy: number];

/**
 * Pearson's correlation of all scores of some inputs with other scores of the same.
 * @param before, after [n, classes], n at least 2
 * @param level of the interval, in (0, 1)
 */
export function correlationOf(before: NDArray, after: NDArray, level = 0.95): Measured {
  const [rows, classes] = before.shape as [number, number];
  const [a, b] = [before.data as Float32Array, after.data as Float32Array];
  // centred first: sums of squares of large scores would lose what differs
  const [ca, cb] = [mean([...a]), mean([...b])];
  const own: Sums[] = [];
  const all: Sums = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const sums: Sums = [classes, 0, 0, 0, 0, 0];
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      const [x, y] = [a[i]! - ca, b[i]! - cb];
      for (const [at, term] of [x, y, x * x, y * y, x * y].entries()) sums[at + 1]! += term;
    }
    for (const [at, sum] of sums.entries()) all[at]! += sum;
    own.push(sums);
  }
  const value = correlation(all);
  const without = own.map((sums) => correlation(all.map((sum, at) => sum - sums[at]!) as Sums));
  const half = (normalQuantile((1 + level) / 2) * (rows - 1) * standardDeviation(without)) / Math.sqrt(rows);
  return { value, interval: [value - half, value + half] };
}

function correlation([n, x, y, xx, yy, xy]: Sums): number {
  const together = xy - (x * y) / n;
  // scores that are all equal correlate with nothing
  return together === 0 ? 0 : together / Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
}
