/**
 * Interpolated Kneser–Ney n-grams over tokens: what counting alone makes of the text that a model learned from.
 *
 * A gram's probability is its discounted count, plus what the discount set free times the probability by the shorter
 * context; below the highest order a gram counts by the number of different tokens that precede it. Grams are numbers in
 * base V, sorted: those of one context lie side by side, and everything is a run in an array or a binary search.
 *
 * Source: Kneser and Ney, "Improved backing-off for m-gram language modeling" (ICASSP 1995), interpolated as in Chen and
 * Goodman (1999), section 3.3, with one discount an order, D = n₁ / (n₁ + 2 n₂).
 */

/** The grams of one order. */
interface Order {
  /** Distinct grams, ascending, with their counts (below the highest order: of different tokens before them). */
  readonly grams: Float64Array;
  readonly counts: Float64Array;
  /** Distinct contexts, ascending: grams without their last token. */
  readonly contexts: Float64Array;
  /** Of each context, the sum of the counts of its grams, and how many grams there are. */
  readonly sums: Float64Array;
  readonly types: Float64Array;
  readonly discount: number;
}

/** A model of counts. */
export class Ngrams {
  readonly order: number;
  readonly #vocabulary: number;
  /** From single tokens to the highest order. */
  readonly #orders: readonly Order[];

  /**
   * Counts the grams of a row of tokens.
   * @throws RangeError for an order whose grams would not be exact as doubles
   */
  constructor(row: Int32Array, vocabulary: number, order: number) {
    if (!(order >= 2 && vocabulary ** order <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(
        `ngrams: expected an order from 2 to ${Math.floor(53 / Math.log2(vocabulary))}, got ${order}`,
      );
    }
    this.order = order;
    this.#vocabulary = vocabulary;
    let { grams, counts } = runs(gramsOf(row, vocabulary, order));
    const orders = [orderOf(grams, counts, vocabulary)];
    for (let n = order - 1; n >= 1; n--) {
      // a shorter gram counts by the longer ones that end in it
      const size = vocabulary ** n;
      ({ grams, counts } = runs(grams.map((gram) => gram % size).sort()));
      orders.unshift(orderOf(grams, counts, vocabulary));
    }
    this.#orders = orders;
  }

  /** −ln p of each token of a row but the first `order − 1`. */
  losses(row: ArrayLike<number>): Float64Array {
    const made = new Float64Array(Math.max(0, row.length - this.order + 1));
    for (let i = 0; i < made.length; i++) {
      let p = 1 / this.#vocabulary;
      for (const [n, order] of this.#orders.entries()) {
        let context = 0;
        for (let k = n; k >= 1; k--) context = context * this.#vocabulary + row[i + this.order - 1 - k]!;
        const token = row[i + this.order - 1]!;
        p = interpolated(order, context, context * this.#vocabulary + token, p);
      }
      made[i] = -Math.log(p);
    }
    return made;
  }
}

function interpolated(
  { grams, counts, contexts, sums, types, discount }: Order,
  context: number,
  gram: number,
  p: number,
) {
  const at = indexOf(contexts, context);
  if (at < 0) return p; // a context that never occurred says nothing
  const found = indexOf(grams, gram);
  const own = found < 0 ? 0 : Math.max(counts[found]! - discount, 0);
  return (own + discount * types[at]! * p) / sums[at]!;
}

function gramsOf(row: Int32Array, vocabulary: number, order: number): Float64Array {
  const made = new Float64Array(Math.max(0, row.length - order + 1));
  for (let i = 0; i < made.length; i++) {
    let gram = 0;
    for (let k = 0; k < order; k++) gram = gram * vocabulary + row[i + k]!;
    made[i] = gram;
  }
  return made.sort();
}

/** Distinct values of a sorted array, and how often each occurs. */
function runs(sorted: Float64Array): { grams: Float64Array; counts: Float64Array } {
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++;
  const [grams, counts] = [new Float64Array(distinct), new Float64Array(distinct)];
  let at = -1;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) grams[++at] = sorted[i]!;
    counts[at]!++;
  }
  return { grams, counts };
}

function orderOf(grams: Float64Array, counts: Float64Array, vocabulary: number): Order {
  const { grams: contexts, counts: types } = runs(grams.map((gram) => Math.floor(gram / vocabulary)));
  const sums = new Float64Array(contexts.length);
  let gram = 0;
  for (let at = 0; at < contexts.length; at++) {
    for (let k = 0; k < types[at]!; k++) sums[at]! += counts[gram++]!;
  }
  const seen = (times: number) => counts.reduce((sum, count) => sum + Number(count === times), 0);
  const [once, twice] = [seen(1), seen(2)];
  return { grams, counts, contexts, sums, types, discount: once === 0 ? 0.5 : once / (once + 2 * twice) };
}

function indexOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! === value) return middle;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
