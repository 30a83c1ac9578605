/** What a search does unless told otherwise, and what it cannot be told. */
import type { StoredDocument } from '../collection/segment.ts';
import type { KeyOptions, SearchOptions } from './types.ts';

/** Options of keys with all defaults. */
export const keyDefaults = {
  scoring: 'intersective',
  beams: 15,
  maxTokens: 10,
  queryNgrams: true,
  unigrams: true,
  constrained: true,
  alpha: 2,
  beta: 0.8,
  length: 0,
  lmLength: 4,
  maxRows: 4000,
  fullyScored: 500,
} as const satisfies Required<Omit<KeyOptions, 'views'>>;

/**
 * What differs beside words: these find pieces of the query themselves, and scores that are added to theirs are held
 * against the document's length as theirs are. Chosen, as their weight is, on a fifth of SciFact's training claims.
 */
export const fusedDefaults = { queryNgrams: false, length: 0.4 } as const satisfies KeyOptions;

/** What keys count beside words. */
export const FUSION = 0.25;

/** @throws RangeError for options of ranking that are out of range */
export function checkOptions<D extends StoredDocument>(options: SearchOptions<D>): void {
  const { limit = 10, fusion = FUSION, alpha = 2, beta = 0.8, length = 0 } = options;
  const whole = { limit, lmLength: 1, maxRows: 1, fullyScored: 1, ...options };
  for (const name of ['limit', 'lmLength', 'maxRows', 'fullyScored'] as const) {
    const value = whole[name];
    const least = name === 'limit' ? 0 : 1;
    if (!(Number.isSafeInteger(value) && value >= least)) {
      throw new RangeError(`search: expected a whole ${name} of at least ${least}, got ${value}`);
    }
  }
  if (fusion !== 'reciprocal' && !(fusion >= 0 && fusion <= 1)) {
    throw new RangeError(`search: expected fusion from 0 to 1, got ${fusion}`);
  }
  if (!(alpha >= 0)) throw new RangeError(`search: expected alpha of at least 0, got ${alpha}`);
  if (!(beta >= 0 && beta <= 1)) throw new RangeError(`search: expected beta from 0 to 1, got ${beta}`);
  if (!(length >= 0 && length <= 1)) throw new RangeError(`search: expected length from 0 to 1, got ${length}`);
}
