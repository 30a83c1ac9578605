/**
 * The literature: ingesting it, searching it, what rises in it, and the issue about it.
 * @module
 */
export type { Paper, SignalReading, Signals } from './paper.ts';
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
