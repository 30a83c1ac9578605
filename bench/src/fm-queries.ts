/** What is asked of an FM-index, on Node and in a browser alike. */
import type { FmIndex, Rows } from 'tenfold/search';

export interface Measured {
  /** What was done: queries, tokens found, occurrences found. */
  readonly units: number;
  /** A sum over the results, for the peer to agree with. */
  readonly check: number;
  /** Seconds of processor time. */
  readonly cpu: number;
  readonly wall: number;
}

/** N-grams that occur more often are not located, by the peer neither. */
const MOST_LOCATED = 100;

/** The rows of n-grams whose places are asked for. */
export function located(index: FmIndex, ngrams: readonly Int32Array[]): Rows[] {
  return ngrams.map((ngram) => index.find(ngram)).filter(({ from, to }) => to - from <= MOST_LOCATED);
}

/** N-grams from one array: each its length, then its tokens. */
export function readQueries(words: Int32Array): Int32Array[] {
  const queries: Int32Array[] = [];
  for (let at = 0; at < words.length; at += words[at]! + 1) queries.push(words.subarray(at + 1, at + 1 + words[at]!));
  return queries;
}

export function measureCount(index: FmIndex, queries: readonly Int32Array[]): { units: number; check: number } {
  let check = 0;
  for (const query of queries) check += index.count(query);
  return { units: queries.length, check };
}

export function measureNext(index: FmIndex, queries: readonly Rows[]): { units: number; check: number } {
  let units = 0;
  let check = 0;
  for (const rows of queries) {
    const { tokens, counts } = index.next(rows);
    units += tokens.length;
    for (let i = 0; i < tokens.length; i++) check += tokens[i]! * counts[i]!;
  }
  return { units, check };
}

export function measureLocate(index: FmIndex, queries: readonly Rows[]): { units: number; check: number } {
  let units = 0;
  let check = 0;
  for (const rows of queries) {
    const { documents } = index.locate(rows);
    units += documents.length;
    for (let i = 0; i < documents.length; i++) check += documents[i]!;
  }
  return { units, check };
}
