/**
 * The few statistics that a claim needs: what the seeds say together, and how sure that is.
 *
 * Intervals over seeds use Student's t where the values may be taken as normal, and the percentile bootstrap (Efron 1979)
 * where they may not. All take plain arrays and are deterministic: the bootstrap draws from the counter-based generator
 * of the tensor room.
 */

import { threefry } from '../tensor/index.ts';
import type { Measured } from './measured.ts';

export type Statistic = (values: readonly number[]) => number;

/** @throws RangeError for no values */
export function mean(values: readonly number[]): number {
  needs('mean', values, 1);
  let sum = 0;
  for (const x of values) sum += x;
  return sum / values.length;
}

/** The middle value; the mean of the two middle values of an even number. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  needs('median', values, 1);
  return quantile([...values].sort(ascending), 0.5);
}

/** The sample's standard deviation, with n − 1. @throws RangeError for fewer than two values */
export function standardDeviation(values: readonly number[]): number {
  needs('standardDeviation', values, 2);
  const centre = mean(values);
  let squares = 0;
  for (const x of values) squares += (x - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/** The mean with Student's t interval: the values are independent and close to normal. `level` in (0, 1). */
export function meanInterval(values: readonly number[], level = 0.95): Measured {
  needs('meanInterval', values, 2);
  needsLevel('meanInterval', level);
  const value = mean(values);
  const half =
    (studentQuantile((1 + level) / 2, values.length - 1) * standardDeviation(values)) / Math.sqrt(values.length);
  return { value, interval: [value - half, value + half] };
}

/**
 * A statistic with its percentile bootstrap interval: 10,000 resamples by default. For a statistic without a formula, and
 * for values that are not normal; below ten values it is too narrow.
 */
export function bootstrapInterval(
  values: readonly number[],
  statistic: Statistic,
  { seed = 0, level = 0.95, resamples = 10_000 }: { seed?: number; level?: number; resamples?: number } = {},
): Measured {
  needs('bootstrapInterval', values, 2);
  needsLevel('bootstrapInterval', level);
  const n = values.length;
  const key = threefry.seedKey(seed);
  const perResample = Math.ceil(n / 2);
  const resample = new Array<number>(n);
  const results: number[] = [];
  for (let r = 0; r < resamples; r++) {
    const words = threefry.blocks(key, perResample, r * perResample);
    // A word times n, divided by 2³²: uneven by n/2³², which no statistic can see.
    for (let i = 0; i < n; i++) resample[i] = values[Math.floor((words[i & 1]![i >> 1]! * n) / 2 ** 32)]!;
    results.push(statistic(resample));
  }
  results.sort(ascending);
  const tail = (1 - level) / 2;
  return { value: statistic(values), interval: [quantile(results, tail), quantile(results, 1 - tail)] };
}

/** The t with P(T ≤ t) = p for `degrees` whole degrees of freedom; p in [0.5, 1). */
export function studentQuantile(p: number, degrees: number): number {
  const inside = 2 * p - 1;
  let low = 0;
  let high = Math.PI / 2;
  // The distribution is a finite sum in θ = atan(t/√ν) for whole ν, rising from 0 to 1: bisect in θ.
  while (high - low > 1e-15) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentInside(middle, degrees) < inside) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

/** P(|T| ≤ √ν tan θ): Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4. */
function studentInside(theta: number, degrees: number): number {
  const cos = Math.cos(theta);
  const odd = degrees % 2 === 1;
  let term = odd ? cos : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degrees - 1; k += 2) {
    term *= cos * cos * ((k - 1) / k);
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}

/** Of sorted values, linear between neighbours. */
function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

function ascending(a: number, b: number): number {
  return a - b;
}

function needs(op: string, values: readonly number[], count: number): void {
  if (values.length < count) throw new RangeError(`${op}: expected at least ${count} values, got ${values.length}`);
}

function needsLevel(op: string, level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`${op}: expected a level in (0, 1), got ${level}`);
}
