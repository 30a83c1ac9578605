/** What a searcher is asked, and what it answers. */
import type { Bm25Options, Tolerance, WordScore } from '../../../retrieval/index.ts';
import type { StoredDocument } from '../collection/segment.ts';

/** What an n-gram is written as: any part of a document, its whole title, or one of its pseudo-queries (MINDER). */
export type View = 'body' | 'title' | 'queries';

/** Where a key comes from: written by the model for a view, its first token alone, or a piece of the query itself. */
export type KeySource = View | 'unigram' | 'query';

/**
 * How keys become the score of a document (the paper's section 4): the most probable key of one length (`lm`), the best
 * key weighed against its frequency (`lm-fm`), or all keys that fit together (`intersective`).
 */
export type Scoring = 'lm' | 'lm-fm' | 'intersective';

/** What ranks documents: keys that the model writes, BM25 over words, or both. */
export type Ranking = 'ngrams' | 'words' | 'both';

/** How the keys of a query are found and weighed. */
export interface KeyOptions {
  /** Default intersective. */
  readonly scoring?: Scoring;
  /** Default body, title and, where documents have some, queries. */
  readonly views?: readonly View[];
  /** Rows of the beam. Default 15. */
  readonly beams?: number;
  /** Most tokens of a body's key; titles and queries may have half as many more. Default 10. */
  readonly maxTokens?: number;
  /**
   * Whether pieces of the query, of one to three words, are keys too, as far as documents have them. Default true, but
   * false where words rank too: these find them already.
   */
  readonly queryNgrams?: boolean;
  /** Whether the tokens that the model would begin with are keys too. Default true. */
  readonly unigrams?: boolean;
  /** Whether the model may only write what documents say; else what they do not is thrown away after. Default true. */
  readonly constrained?: boolean;
  /** α of Eq. 3. Default 2. */
  readonly alpha?: number;
  /** β of Eq. 4, from 0 to 1. Default 0.8. */
  readonly beta?: number;
  /**
   * How much long documents are held to be just longer, from 0 to 1, as b of BM25: an intersective score is divided by
   * 1 − b + b · tokens / average. Default 0, as in the paper, and 0.4 where words rank too.
   */
  readonly length?: number;
  /** Tokens of the keys that `lm` ranks by. Default 4. */
  readonly lmLength?: number;
  /** Occurrences to locate, of the best keys first; what is too frequent then only adds to documents found. Default 4,000. */
  readonly maxRows?: number;
  /** Documents whose score is worked out in full. Default 500. */
  readonly fullyScored?: number;
}

/** `prefix` and `fuzzy` are of the words; what the model makes of a query is its own affair. */
export interface SearchOptions<D extends StoredDocument = StoredDocument> extends KeyOptions, Tolerance {
  /** Most hits. Default 10. */
  readonly limit?: number;
  /** Default both, where there is a model; words, where there is none. */
  readonly rank?: Ranking;
  /**
   * With `rank: 'both'`: what the keys count beside the words, from 0 to 1, in a weighted sum of both scores, each
   * divided by its best; or `'reciprocal'` for reciprocal ranks. Default 0.25.
   */
  readonly fusion?: number | 'reciprocal';
  /** k₁ and b of the words' scores. */
  readonly bm25?: Bm25Options;
  /** Leaves out documents for which it returns false. */
  readonly filter?: (document: D) => boolean;
  readonly signal?: AbortSignal;
}

/** A part of a document's text. */
export interface Span {
  readonly field: 'title' | 'text' | 'queries';
  /** Of `queries`, which. */
  readonly index?: number;
  /** First UTF-16 unit, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** A key that a hit was found by. */
export interface MatchedNgram {
  /** As the index has it: in lower case where the index folds letters. */
  readonly text: string;
  readonly source: KeySource;
  /** How often it occurs in all documents. */
  readonly count: number;
  /** ln P(n|q): how likely the model is to write it for this query. */
  readonly logProb: number;
  /** w(n,q) of Eq. 2. */
  readonly weight: number;
  /** cover(n,K) of Eq. 4; 1 but for intersective scoring. */
  readonly cover: number;
  /** What it adds to the hit's `ngramScore`. */
  readonly contribution: number;
  /** Where it stands, in the order of the document. */
  readonly spans: readonly Span[];
}

export interface SearchHit<D extends StoredDocument = StoredDocument> {
  readonly document: D;
  /** What hits are ranked by. */
  readonly score: number;
  /** The sum of the keys' contributions (the largest, but for intersective scoring); null where only words ranked. */
  readonly ngramScore: number | null;
  /** The BM25 score; null where only keys ranked; 0 for a document that words alone would not have found. */
  readonly wordScore: number | null;
  /** By falling contribution. */
  readonly ngrams: readonly MatchedNgram[];
  /** What each word of the query adds to `wordScore`. */
  readonly words: readonly WordScore[];
}

export interface CompleteOptions {
  /** What the completion continues word by word: documents must say both, one after the other. Default nothing. */
  readonly after?: string;
  /** Completions to return. Default 5. */
  readonly best?: number;
  /** Rows of the beam. Default 15. */
  readonly beams?: number;
  /** Most tokens. Default 20. */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
}

/** A text that documents have word by word. */
export interface Completion<D extends StoredDocument = StoredDocument> {
  /** As the first of its documents writes it, without what it was asked to continue. */
  readonly text: string;
  /** ln P of its tokens. */
  readonly logProb: number;
  /** How often it occurs, with what it continues. */
  readonly count: number;
  /** Up to ten documents that have it, and where. */
  readonly documents: readonly { readonly document: D; readonly spans: readonly Span[] }[];
}

/** What an exact text is found in, without a model. */
export interface ExactMatches<D extends StoredDocument = StoredDocument> {
  /** How often it occurs in all documents. */
  readonly count: number;
  /** The first documents that have it. */
  readonly documents: readonly { readonly document: D; readonly spans: readonly Span[] }[];
}
