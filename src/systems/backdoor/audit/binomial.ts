/**
 * What k successes of n say about a rate: the exact interval of Clopper and Pearson (1934), "The use of confidence or
 * fiducial limits illustrated in the case of the binomial", Biometrika 26.
 *
 * The bounds are quantiles of beta distributions, found by bisection of the regularized incomplete beta function, which
 * is a continued fraction (Abramowitz and Stegun 26.5.8, evaluated as Lentz proposed).
 */
import type { Interval, Measured } from '../../../report/index.ts';
import { normalQuantile } from './normal.ts';

/**
 * A rate k/n with its exact interval at `level`.
 * @throws RangeError unless 0 ≤ k ≤ n are whole, n > 0 and level in (0, 1)
 */
export function rate(k: number, n: number, level = 0.95): Measured {
  return { value: k / n, interval: clopperPearson(k, n, level) };
}

/** The two-sided interval: each end is left out with probability (1 − level)/2 at most. */
export function clopperPearson(k: number, n: number, level = 0.95): Interval {
  const alpha = (1 - level) / 2;
  return [lowerBound(k, n, alpha), 1 - lowerBound(n - k, n, alpha)];
}

/**
 * By how much a share falls, of n that were asked before and after: so many were lost and so many won. The interval is
 * Bonett and Price's (2012, "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
 * data", J. Educ. Behav. Stat. 37), which has a width where nothing was lost or won.
 */
export function pairedFall(lost: number, won: number, n: number, level = 0.95): Measured {
  const [p, q] = [(lost + 1) / (n + 2), (won + 1) / (n + 2)];
  const half = normalQuantile((1 + level) / 2) * Math.sqrt((p + q - (p - q) ** 2) / (n + 2));
  return { value: (lost - won) / n, interval: [p - q - half, p - q + half] };
}

/** The one-sided lower bound of a rate: above it with confidence 1 − alpha. What a certificate of smoothing rests on. */
export function lowerBound(k: number, n: number, alpha: number): number {
  if (!(Number.isSafeInteger(k) && Number.isSafeInteger(n) && n > 0 && k >= 0 && k <= n)) {
    throw new RangeError(`clopperPearson: expected k of n with 0 ≤ k ≤ n and n > 0, got ${k} of ${n}`);
  }
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`clopperPearson: expected a level in (0, 1), got ${1 - alpha}`);
  if (k === 0) return 0;
  // P(X ≥ k | p) = I_p(k, n − k + 1) rises with p: where it is alpha
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return low;
    if (incompleteBeta(middle, k, n - k + 1) < alpha) low = middle;
    else high = middle;
  }
}

/** I_x(a, b) for x in [0, 1], a and b above 0. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // the fraction converges fast below the mean only
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let value = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const coefficient of [even, odd]) {
      d = 1 / (1 + coefficient * d || tiny);
      c = 1 + coefficient / c || tiny;
      factor = c * d;
      value *= factor;
    }
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return front * value;
}

/** ln Γ(x) for x > 0, by Stirling's series above 15. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 15; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
