/**
 * Keys: n-grams that stand for a query, weighed by how much likelier the query makes them.
 *
 * M. Bevilacqua et al., "Autoregressive Search Engines" (arXiv 2204.10628), Eq. 1 and 2.
 */
import type { NgramState } from '../ngrams/live-ngrams.ts';
import type { KeySource } from '../searcher/types.ts';

export interface Key {
  /** Those of a title or a pseudo-query end with the mark that ends it. */
  readonly tokens: readonly number[];
  readonly source: KeySource;
  /** ln P(n|q) */
  readonly logProb: number;
  /** Its rows. */
  readonly state: NgramState;
  /** F(n,R) */
  readonly count: number;
  /** w(n,q), at least 0. */
  readonly weight: number;
}

/** Added to counts and to their sum, as SEAL has it. */
export const SMOOTHING = 5;

/**
 * w(n,q) = max(0, ln[P(n|q) (1 − P(n)) / (P(n) (1 − P(n|q)))]) with P(n) = (F(n,R) + s) / (Σ|d| + s): how far the query
 * moves the log-odds of the n-gram.
 * @param logProb ln P(n|q), at most 0
 * @param count F(n,R)
 * @param tokens Σ|d|
 */
export function ngramWeight(logProb: number, count: number, tokens: number, smoothing = SMOOTHING): number {
  const own = logProb - 1e-10; // never a probability of 1
  if (own === Number.NEGATIVE_INFINITY) return 0;
  return Math.max(0, logOdds(own) - logOdds(chanceOf(count, tokens, smoothing)));
}

/** ln P(n) = ln (F(n,R) + s) / (Σ|d| + s) */
export function chanceOf(count: number, tokens: number, smoothing = SMOOTHING): number {
  return Math.log((count + smoothing) / (tokens + smoothing));
}

function logOdds(logProb: number): number {
  return logProb - Math.log(-Math.expm1(logProb));
}
