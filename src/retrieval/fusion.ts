/** Several results for one query made into one. */
import type { Scored } from './evaluation/measures.ts';

/**
 * Reciprocal rank fusion: a document's score is the sum over the results of weight / (k + rank), ranks from 1.
 *
 * G. Cormack, C. Clarke, S. Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods"
 * (SIGIR 2009).
 * @param results each best first
 * @param k how little the first ranks differ; 60 in the paper
 */
export function reciprocalRankFusion(
  results: readonly (readonly Scored[])[],
  { k = 60, weights = [] }: { readonly k?: number; readonly weights?: readonly number[] } = {},
): Scored[] {
  return fused(results, (_, rank, result) => (weights[result] ?? 1) / (k + rank));
}

/**
 * The weighted sum of scores, each result's stretched to reach from 0 to 1: a document that a result lacks gets 0 of it.
 * @param weights one a result
 * @param floor the score that becomes 0: each result's least unless given. With the score of what does not match at all,
 * it does not matter how long results are
 */
export function weightedFusion(
  results: readonly (readonly Scored[])[],
  weights: readonly number[],
  { floor }: { readonly floor?: number } = {},
): Scored[] {
  if (weights.length !== results.length) {
    throw new RangeError(`weightedFusion: expected ${results.length} weights, got ${weights.length}`);
  }
  const ranges = results.map((result) => {
    const scores = result.map(({ score }) => score);
    const low = floor ?? scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return { low, span: scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - low };
  });
  return fused(results, (score, _, result) => {
    const { low, span } = ranges[result]!;
    return weights[result]! * (span > 0 ? (score - low) / span : 1);
  });
}

function fused(
  results: readonly (readonly Scored[])[],
  part: (score: number, rank: number, result: number) => number,
): Scored[] {
  const scores = new Map<string, number>();
  for (const [number, result] of results.entries()) {
    for (const [i, { id, score }] of result.entries()) {
      scores.set(id, (scores.get(id) ?? 0) + part(score, i + 1, number));
    }
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}
