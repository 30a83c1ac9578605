/**
 * Which of many p-values may be called discoveries, when at most a stated share of the discoveries is to be false.
 *
 * Phrases are nested and share documents, so their p-values depend on each other, and not only positively: of the papers
 * of a window, more on one thing are fewer on another. Benjamini and Hochberg's procedure is proved for independence and
 * for a kind of positive dependence; Benjamini and Yekutieli's holds under any, for the price of dividing the rate by
 * `H = 1 + 1/2 + … + 1/m`, about 10 for ten thousand phrases.
 *
 * That procedure counts on `m·t` false p-values of at most t. Exact tests of few papers have fewer: a phrase in ten papers
 * cannot have a p-value below 10⁻⁵, and is no danger there. Döhler's form puts the true number in its place,
 * `G(t) = Σ P(pᵢ ≤ t)` when nothing rises, which is known exactly. The proof is the same: with thresholds τ₁ ≤ τ₂ ≤ … such
 * that `G(τ_k) ≤ α·k/H`, the false share is at most `Σ_k (G(τ_k) − G(τ_{k−1}))/k ≤ α/H · (Σ_{k<m} 1/(k+1) + 1) = α`, whatever
 * the dependence.
 *
 * Y. Benjamini, D. Yekutieli, “The control of the false discovery rate in multiple testing under dependency”, Annals of
 * Statistics 29 (2001), theorem 1.3; S. Döhler, “A discrete modification of the Benjamini–Yekutieli procedure”, Econometrics
 * and Statistics 5 (2018).
 */

/**
 * For each p-value the least rate at which it is a discovery.
 * @param below how many p-values of at most t are expected when there is nothing to discover: `m·t` unless given, and never more
 */
export function qValues(p: ArrayLike<number>, below: (t: number) => number = (t) => p.length * t): Float64Array {
  const m = p.length;
  let harmonic = 0;
  for (let i = 1; i <= m; i++) harmonic += 1 / i;
  const order = Array.from({ length: m }, (_, i) => i).sort((a, b) => p[a]! - p[b]!);
  const q = new Float64Array(m);
  let least = 1;
  for (let rank = m; rank >= 1; rank--) {
    const i = order[rank - 1]!;
    least = Math.min(least, (below(p[i]!) * harmonic) / rank);
    q[i] = least;
  }
  return q;
}

/** Above this, p-values are counted as if they were continuous: no discovery is there. */
const small = 0.1;

/**
 * How many p-values of at most t are expected of exact tests when there is nothing to discover.
 * @param tails of each test: `tail[x]` is the p-value of x, and its probability or a smaller one
 */
export function expectedBelow(tails: readonly Float64Array[]): (t: number) => number {
  const times = new Map<Float64Array, number>();
  for (const tail of tails) times.set(tail, (times.get(tail) ?? 0) + 1);
  // each p-value that a test can have, and how many more tests are expected to be at most there
  const steps: { readonly p: number; readonly more: number }[] = [];
  for (const [tail, count] of times) {
    for (let x = 0; x < tail.length; x++) {
      const [p, next] = [tail[x]!, tail[x + 1] ?? 0];
      if (p <= small && p > next) steps.push({ p, more: count * (p - next) });
    }
  }
  steps.sort((a, b) => a.p - b.p);
  const at = Float64Array.from(steps, ({ p }) => p);
  const sums = new Float64Array(steps.length + 1);
  for (const [i, { more }] of steps.entries()) sums[i + 1] = sums[i]! + more;
  return (t) => {
    if (t > small) return tails.length * t;
    let [low, high] = [0, at.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at[middle]! <= t) low = middle + 1;
      else high = middle;
    }
    return sums[low]!;
  };
}
