/**
 * Autoregressive search (2204.10628): an FM-index of token sequences.
 * @module
 */
export type { DocumentTokens } from './fm-index/build.ts';
export {
  boundary,
  FmIndex,
  type MatchedDocuments,
  type Next,
  type Occurrences,
  type Rows,
} from './fm-index/fm-index.ts';
