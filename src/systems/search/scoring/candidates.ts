/**
 * The documents that keys call for: each key that is not too frequent is located, from the best down, and its weight goes
 * to the documents that it stands in, less for tokens that better keys have brought already. Occurrences that overlap are
 * not told apart: that is left to the full score of the best of these documents.
 */
import { Best } from '../../../retrieval/index.ts';
import type { LiveNgrams } from '../ngrams/live-ngrams.ts';
import { cover, type Intersective, power } from './intersective.ts';
import type { Key } from './keys.ts';

export interface CandidateOptions extends Intersective {
  /** Occurrences to locate in all; a key that has more than are left calls for no document. */
  readonly maxRows: number;
  /** Most documents. */
  readonly limit: number;
  /** Leaves out documents for which it returns false. */
  readonly taken: (document: number) => boolean;
}

/** @param keys from the best down @returns documents' numbers, the most promising first */
export function candidates(ngrams: LiveNgrams, keys: readonly Key[], options: CandidateOptions): number[] {
  const { alpha, beta, maxRows, limit, taken } = options;
  const found = new Map<number, { score: number; readonly covered: Set<number> } | null>();
  let left = maxRows;
  for (const key of keys) {
    if (key.count > left) continue;
    left -= key.count;
    const weight = power(key, alpha);
    for (const document of new Set(ngrams.locate(key.state).documents)) {
      let sum = found.get(document);
      if (sum === undefined) {
        sum = taken(document) ? { score: 0, covered: new Set() } : null;
        found.set(document, sum);
      }
      if (sum === null) continue;
      sum.score += weight * cover(key.tokens, sum.covered, beta);
      for (const token of key.tokens) sum.covered.add(token);
    }
  }
  const best = new Best(limit);
  for (const [document, sum] of found) if (sum !== null) best.add(document, sum.score);
  return best.sorted().map(({ document }) => document);
}
