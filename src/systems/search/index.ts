/**
 * Autoregressive search (2204.10628): an FM-index of token sequences, BM25 over words beside it, the fusion of results,
 * and their evaluation.
 * @module
 */
export { Collection, type CollectionSearch, type DocumentHit } from './collection/collection.ts';
export type { Segment, SegmentEntry, StoredDocument } from './collection/segment.ts';
export { CollectionWriter, type WriterOptions } from './collection/writer.ts';
export { readQrels, readSmart, readSmartQrels, type SmartDocument } from './evaluation/collections.ts';
export {
  averagePrecision,
  hits,
  type Judged,
  meanOver,
  ndcg,
  type Qrels,
  ranked,
  recall,
  reciprocalRank,
  rPrecision,
  type Scored,
} from './evaluation/measures.ts';
export type { DocumentTokens } from './fm-index/build.ts';
export {
  boundary,
  FmIndex,
  type MatchedDocuments,
  type Next,
  type Occurrences,
  type Rows,
} from './fm-index/fm-index.ts';
export { reciprocalRankFusion, weightedFusion } from './fusion.ts';
export type { Hit } from './lexical/best.ts';
export {
  type Bm25Options,
  LexicalIndex,
  type LexicalSearch,
  type Statistics,
  type WordScore,
} from './lexical/lexical-index.ts';
export { wordsOf } from './lexical/words.ts';
