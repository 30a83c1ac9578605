/**
 * Autoregressive search (2204.10628): an FM-index of token sequences, and collections of documents that change.
 * @module
 */
export { Collection, type CollectionSearch, type DocumentHit } from './collection/collection.ts';
export type { Segment, SegmentEntry, StoredDocument } from './collection/segment.ts';
export { CollectionWriter, type WriterOptions } from './collection/writer.ts';
export type { DocumentTokens } from './fm-index/build.ts';
export {
  boundary,
  FmIndex,
  type MatchedDocuments,
  type Next,
  type Occurrences,
  type Rows,
} from './fm-index/fm-index.ts';
