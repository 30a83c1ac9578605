/**
 * Scores from one key: a document's is that of the best key that it has (the paper's LM and LM+FM).
 *
 * M. Bevilacqua et al., "Autoregressive Search Engines" (arXiv 2204.10628, §4.1 and 4.2): by P(n|q) among keys of one
 * length, which alone compare; by w(n,q) among all.
 */
import type { LiveNgrams } from '../ngrams/live-ngrams.ts';
import type { Key } from './keys.ts';

export interface SingleHit {
  readonly document: number;
  readonly key: Key;
  readonly score: number;
}

export interface SingleOptions {
  /** Most documents. */
  readonly limit: number;
  readonly maxRows: number;
  readonly taken: (document: number) => boolean;
}

/** Keys of `length` tokens by P(n|q). Scores are logarithms, and so below 0. */
export function byProbability(
  ngrams: LiveNgrams,
  keys: readonly Key[],
  length: number,
  options: SingleOptions,
): SingleHit[] {
  const some = keys.filter(({ tokens, source }) => source === 'body' && tokens.length === length);
  return best(ngrams, some, ({ logProb }) => logProb, options);
}

/** All keys by w(n,q). */
export function byWeight(ngrams: LiveNgrams, keys: readonly Key[], options: SingleOptions): SingleHit[] {
  return best(ngrams, keys, ({ weight }) => weight, options);
}

function best(
  ngrams: LiveNgrams,
  keys: readonly Key[],
  score: (key: Key) => number,
  { limit, maxRows, taken }: SingleOptions,
): SingleHit[] {
  const hits = new Map<number, SingleHit>();
  for (const key of [...keys].sort((a, b) => score(b) - score(a))) {
    if (hits.size >= limit) break;
    for (const document of ngrams.locate(key.state, maxRows).documents.sort()) {
      if (!hits.has(document) && taken(document)) hits.set(document, { document, key, score: score(key) });
    }
  }
  return [...hits.values()].slice(0, limit);
}
