/**
 * Autoregressive search (2204.10628): an FM-index of token sequences, collections of documents that change, searched by
 * the n-grams that a model writes and by words; readers of the field's files, and a service with a page.
 * @module
 */
export { type AnswerHit, answerQuery } from './answer/answer.ts';
export type { Reason } from './answer/marks.ts';
export { type Mark, type Piece, piecesOf } from './answer/pieces.ts';
export { Collection, type CollectionSearch, type DocumentHit } from './collection/collection.ts';
export { type Condition, readCondition, readConditions } from './collection/condition.ts';
export { type DocumentTokenizer, utf8Bytes } from './collection/given-documents.ts';
export type { CollectionSettings } from './collection/manifest.ts';
export type { Segment, SegmentEntry, StoredDocument } from './collection/segment.ts';
export { CollectionWriter, type WriterOptions } from './collection/writer.ts';
export { type DsiHit, type DsiPairOptions, dsiPairs, dsiSearch } from './dsi/dsi.ts';
export type { DocumentTokens } from './fm-index/build.ts';
export {
  boundary,
  FmIndex,
  type MatchedDocuments,
  type Next,
  type Occurrences,
  type Rows,
} from './fm-index/fm-index.ts';
export { type ClozeQuery, inverseCloze, passageDocuments } from './issue/passages.ts';
export { type Lane, type LaneState, ngramConstraint } from './ngrams/constraint.ts';
export { LiveNgrams, type Located, type NgramState, type Successors } from './ngrams/live-ngrams.ts';
export { readQueries } from './readers/documents.ts';
export { type Format, formats, type ReadItemsOptions, readItems } from './readers/formats.ts';
export type { FieldNames, Item, Judgement, Problem, Query } from './readers/item.ts';
export { type Key, ngramWeight } from './scoring/keys.ts';
export { type BartSizes, bartConfig } from './searcher/bart.ts';
export { Coder, type CoderOptions, type Supervision } from './searcher/coder.ts';
export { plainSearcher, untrainedSearcher } from './searcher/controls.ts';
export { COPY, type Copier } from './searcher/copying.ts';
export { createIndex, modelFolder, openIndexWriter, type TokensFrom, trainCoder } from './searcher/index-folder.ts';
export {
  openSearchModel,
  readCoder,
  readWeights,
  type SearchWeights,
  saveCoder,
  saveWeights,
} from './searcher/model-folder.ts';
export { fusedDefaults, keyDefaults } from './searcher/options.ts';
export { type Ranked, Searcher, type SearcherParts } from './searcher/searcher.ts';
export { shippedSearchModel } from './searcher/shipped.ts';
export type {
  CompleteOptions,
  Completion,
  ExactMatches,
  KeyOptions,
  KeySource,
  MatchedNgram,
  Ranking,
  Scoring,
  SearchHit,
  SearchOptions,
  Span,
  View,
} from './searcher/types.ts';
export { LiveSearcher } from './server/live.ts';
export { type SearchServiceOptions, searchService } from './server/service.ts';
export {
  type JudgedQuery,
  type PairCounts,
  type PairOptions,
  type TokenPair,
  trainingPairs,
} from './training/pairs.ts';
export { type PseudoQueried, type PseudoQueryOptions, writePseudoQueries } from './training/pseudo-queries.ts';
export { mineRanks, type RankedQuery, type RankOptions, trainRanks } from './training/rank.ts';
export { type SearchRecipe, smallRecipe, type TrainModelOptions, trainModel } from './training/train.ts';
export {
  type RankIndexOptions,
  rankIndex,
  type TrainedIndex,
  type TrainOptions,
  trainIndex,
} from './training/train-index.ts';
