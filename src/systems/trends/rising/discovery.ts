/**
 * Which of many p-values may be called discoveries, when at most a stated share of the discoveries is to be false.
 *
 * Phrases are nested and share documents, so their p-values depend on each other, and not only positively: of the papers
 * of a window, more on one thing are fewer on another. Benjamini and Hochberg's procedure is proved for independence and
 * for a kind of positive dependence; Benjamini and Yekutieli's holds under any, for the price of dividing the rate by
 * `1 + 1/2 + … + 1/m`, about 11 for ten thousand phrases. Rising phrases are so far from chance that the price is small
 * beside the guarantee, so that is the one taken.
 *
 * Y. Benjamini, D. Yekutieli, “The control of the false discovery rate in multiple testing under dependency”, Annals of
 * Statistics 29 (2001), theorem 1.3.
 */

/** For each p-value the least rate at which it is a discovery. */
export function qValues(p: ArrayLike<number>): Float64Array {
  const m = p.length;
  let harmonic = 0;
  for (let i = 1; i <= m; i++) harmonic += 1 / i;
  const order = Array.from({ length: m }, (_, i) => i).sort((a, b) => p[a]! - p[b]!);
  const q = new Float64Array(m);
  let least = 1;
  for (let rank = m; rank >= 1; rank--) {
    const i = order[rank - 1]!;
    least = Math.min(least, (p[i]! * m * harmonic) / rank);
    q[i] = least;
  }
  return q;
}
