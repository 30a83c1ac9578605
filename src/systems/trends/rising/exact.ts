/**
 * How surprising it is that so many of a phrase's papers are recent: Fisher's exact test, in strata.
 *
 * If dates had nothing to do with the phrase, its `r` papers would be any r of the papers of both windows, and the number
 * of recent ones would be hypergeometric. That is growth against the corpus's own growth: a window with twice the papers
 * is expected to hold twice the phrase's. Where papers fall into strata, as venues, each has its own windows, and the sum
 * over strata is tested, so that a venue that is only in one window says nothing.
 *
 * R. A. Fisher, “The Logic of Inductive Inference” (1935); the sum over strata is the exact form of the
 * Cochran–Mantel–Haenszel test.
 */

/** Papers of a stratum: in the earlier window and the recent one. */
export interface Stratum {
  readonly before: number;
  readonly recent: number;
}

/** Less probable than this is not told apart: such p-values are given as this. */
const least = 1e-30;
/** Probabilities below this are left out of sums: too few to add up to `least`. */
const negligible = 1e-40;

/** Probabilities of `from`, `from` + 1, …; those of all other numbers are negligible. */
interface Mass {
  readonly from: number;
  readonly values: Float64Array;
}

/** The tails of phrases' distributions; equal margins are computed once. */
export class ExactTails {
  readonly #strata: readonly Stratum[];
  readonly #logFactorials: Float64Array;
  readonly #known = new Map<string, Float64Array>();

  constructor(strata: readonly Stratum[]) {
    this.#strata = strata;
    const most = Math.max(0, ...strata.map(({ before, recent }) => before + recent));
    this.#logFactorials = new Float64Array(most + 1);
    for (let i = 1; i <= most; i++) this.#logFactorials[i] = this.#logFactorials[i - 1]! + Math.log(i);
  }

  /**
   * `tail[x]` is the probability of `x` or more recent papers, x from 0 to all of the phrase's papers; at least 10⁻³⁰.
   * @param papers of the phrase in each stratum, both windows together
   */
  of(papers: ArrayLike<number>): Float64Array {
    const key = Array.prototype.join.call(papers, ' ');
    const known = this.#known.get(key);
    if (known) return known;
    let mass: Mass = { from: 0, values: new Float64Array([1]) };
    let all = 0;
    for (const [s, stratum] of this.#strata.entries()) {
      if (papers[s]! > 0) mass = convolved(mass, this.#mass(stratum, papers[s]!));
      all += papers[s]!;
    }
    const tail = new Float64Array(all + 1);
    let sum = 0;
    for (let x = all; x >= 0; x--) {
      sum += mass.values[x - mass.from] ?? 0;
      tail[x] = Math.min(1, Math.max(least, sum));
    }
    tail[0] = 1;
    this.#known.set(key, tail);
    return tail;
  }

  /** The hypergeometric probabilities of the numbers of recent papers among r. */
  #mass({ before, recent }: Stratum, r: number): Mass {
    const f = this.#logFactorials;
    const choose = (n: number, k: number) => f[n]! - f[k]! - f[n - k]!;
    const all = choose(before + recent, r);
    const from = Math.max(0, r - before);
    const values = Float64Array.from({ length: Math.min(r, recent) - from + 1 }, (_, i) =>
      Math.exp(choose(recent, from + i) + choose(before, r - from - i) - all),
    );
    return trimmed({ from, values });
  }
}

function convolved(a: Mass, b: Mass): Mass {
  const values = new Float64Array(a.values.length + b.values.length - 1);
  for (let i = 0; i < a.values.length; i++) {
    const share = a.values[i]!;
    for (let j = 0; j < b.values.length; j++) values[i + j]! += share * b.values[j]!;
  }
  return trimmed({ from: a.from + b.from, values });
}

function trimmed({ from, values }: Mass): Mass {
  let [first, end] = [0, values.length];
  while (end - first > 1 && values[first]! < negligible) first++;
  while (end - first > 1 && values[end - 1]! < negligible) end--;
  return { from: from + first, values: values.subarray(first, end) };
}
