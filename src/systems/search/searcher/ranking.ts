/** Documents ranked: by words, by keys, and by both, of which the scores are added. */
import { reciprocalRankFusion, type Scored, type Term, weightedFusion } from '../../../retrieval/index.ts';
import type { Collection } from '../collection/collection.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { LiveNgrams } from '../ngrams/live-ngrams.ts';
import { candidates } from '../scoring/candidates.ts';
import { type Intersective, KeySet, type Part } from '../scoring/intersective.ts';
import type { Key } from '../scoring/keys.ts';
import { byProbability, byWeight } from '../scoring/single.ts';
import type { TokenizedDocuments } from './documents.ts';
import { FUSION, fusedDefaults, keyDefaults } from './options.ts';
import type { SearchOptions } from './types.ts';

/** How many documents each side brings to a fusion. */
const POOL = 200;

/** A document's number among all, and what it is ranked by. */
export interface Place {
  readonly number: number;
  readonly score: number;
  /** The sum of the keys' contributions; null where only words ranked. */
  readonly ngramScore: number | null;
  /** The BM25 score; null where only keys ranked. */
  readonly wordScore: number | null;
  /** What `ngramScore` is made of, by falling contribution. */
  parts(): readonly Part[];
}

/** What is ranked. */
export interface Ranker<D extends StoredDocument> {
  readonly collection: Collection<D>;
  readonly ngrams: LiveNgrams;
  readonly documents: TokenizedDocuments<D>;
}

/** The best by words alone, best first. */
export function placesByWords<D extends StoredDocument>(
  { collection }: Ranker<D>,
  terms: readonly Term[],
  { limit = 10, filter, bm25 }: SearchOptions<D>,
): Place[] {
  const found = collection.search(terms, { ...bm25, limit, ...(filter && { filter }) });
  return found.map(({ number, score }) => ({ number, score, ngramScore: null, wordScore: score, parts: () => [] }));
}

/** All that keys call for, best first. @param also documents that are scored whether keys call for them or not */
export function placesByKeys<D extends StoredDocument>(
  { collection, ngrams, documents }: Ranker<D>,
  keys: readonly Key[],
  options: SearchOptions<D>,
  also: readonly number[] = [],
): Place[] {
  const { scoring, alpha, beta, length, lmLength, maxRows, fullyScored } = { ...keyDefaults, ...options };
  const { limit = 10, filter } = options;
  const heavy = keys.filter(({ weight }) => weight > 0);
  const taken = (number: number): boolean => filter === undefined || filter(documents.at(number));
  const place = (number: number, score: number, parts: () => Part[]): Place => {
    return { number, score, ngramScore: score, wordScore: null, parts };
  };
  const partsOf = (set: KeySet, number: number, by: Intersective): Part[] => {
    const parts: Part[] = [];
    set.score(documents.tokens(number), by, parts);
    return parts.sort((a, b) => b.contribution - a.contribution);
  };
  if (scoring !== 'intersective') {
    const some = { limit, maxRows, taken };
    const hits = scoring === 'lm' ? byProbability(ngrams, keys, lmLength, some) : byWeight(ngrams, heavy, some);
    return hits.map(({ document: number, key, score }) => {
      const parts = () => partsOf(new KeySet([key]), number, { alpha: 1, beta: 0 });
      return place(number, score, () => parts().map((part) => ({ ...part, contribution: score })));
    });
  }
  const by = { alpha, beta };
  const set = new KeySet(heavy);
  const called = candidates(ngrams, set.keys, { ...by, maxRows, limit: Math.max(limit, fullyScored), taken });
  const average = ngrams.tokens / collection.size;
  return [...new Set([...called, ...also])]
    .map((number) => {
      const tokens = documents.tokens(number);
      const norm = 1 - length + (length * tokens.length) / average;
      const parts = () => partsOf(set, number, by).map((part) => ({ ...part, contribution: part.contribution / norm }));
      return place(number, set.score(tokens, by) / norm, parts);
    })
    .sort((a, b) => b.score - a.score || a.number - b.number);
}

/** The best by words and by keys, best first. */
export function placesByBoth<D extends StoredDocument>(
  by: Ranker<D>,
  terms: readonly Term[],
  keys: readonly Key[],
  asked: SearchOptions<D>,
): Place[] {
  const options = { ...fusedDefaults, ...asked };
  const { limit = 10, fusion = FUSION } = options;
  const pool = { ...options, limit: Math.max(limit, POOL) };
  const words = placesByWords(by, terms, pool);
  // what words found is scored by keys too, whether these would have found it or not
  const also = words.map(({ number }) => number);
  const keyed = placesByKeys(by, keys, pool, also);
  const byWords = new Map(words.map((one) => [one.number, one]));
  const byKeys = new Map(keyed.map((one) => [one.number, one]));
  const lists = [listed(words), listed(keyed)] as const;
  // likelihoods are below 0, all other scores above
  const stretch = options.scoring === 'lm' ? {} : { floor: 0 };
  const order =
    fusion === 'reciprocal' ? reciprocalRankFusion(lists) : weightedFusion(lists, [1 - fusion, fusion], stretch);
  return order.slice(0, limit).map(({ id, score }): Place => {
    const [own, other] = [byKeys.get(Number(id)), byWords.get(Number(id))];
    return { ...(own ?? other)!, score, ngramScore: own?.score ?? 0, wordScore: other?.score ?? 0 };
  });
}

/** Scores by document's number, as fusion takes them. */
function listed(places: readonly Place[]): Scored[] {
  return places.map(({ number, score }) => ({ id: String(number), score }));
}
