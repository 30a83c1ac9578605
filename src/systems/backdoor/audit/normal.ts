/** The standard normal distribution: Φ and Φ⁻¹, to about fifteen digits. */

/** Below this |x| the series, above it the continued fraction. */
const between = 3;

/** Φ(x) = P(Z ≤ x). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  return x > 0 ? 1 - tail(x) : tail(-x);
}

/** Φ⁻¹(p), p in [0, 1]; −∞ and ∞ at the ends. @throws RangeError for p outside */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`normalQuantile: expected p in [0, 1], got ${p}`);
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  let [low, high] = [-39, 0];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
}

/** φ(x), the density. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** P(Z > x) for x ≥ 0: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.2.11 and 26.2.14. */
function tail(x: number): number {
  if (x < between) {
    let term = x;
    let sum = x;
    for (let k = 3; Math.abs(term) > 1e-17 * sum; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 - normalDensity(x) * sum;
  }
  let fraction = x;
  for (let k = 160; k > 0; k--) fraction = x + k / fraction;
  return normalDensity(x) / fraction;
}
