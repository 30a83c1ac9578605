/**
 * The literature: ingesting it, searching it, what rises in it, and the issue about it.
 * @module
 */
export type { Paper, SignalReading, Signals } from './paper.ts';
export type { Embedder } from './search/embedder.ts';
export { type EmbeddingEndpoint, embeddingEndpoint } from './search/endpoint.ts';
export { parseQuery } from './search/query.ts';
export {
  type Method,
  methods,
  Search,
  type SearchFilter,
  type SearchHit,
  type SearchOptions,
  type SearchResult,
} from './search/search.ts';
export { type ExportFormat, exportFormats, exportStore } from './store/export.ts';
export { openStore } from './store/open.ts';
export type {
  Collection,
  Entry,
  PaperData,
  Provenance,
  PutResult,
  RunState,
  Shelf,
  SortKey,
  SourceRecord,
  Store,
  StoreFilter,
} from './store/store.ts';
