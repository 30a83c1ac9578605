/** What a source of papers is to the platform: batches of records, and how to go on after each. */
import type { SourceRecord } from '../store/store.ts';

export interface Batch {
  readonly records: readonly SourceRecord[];
  /** What was not understood and left out, one line each, naming where. */
  readonly faults: readonly string[];
  /** What `read` needs to go on after this batch; plain JSON. */
  readonly cursor: unknown;
  /** Whether this is the end for now. */
  readonly done: boolean;
  /** How much of the source has been read, from 0 to 1, where that is known. */
  readonly share?: number;
}

export interface ReadContext {
  readonly signal?: AbortSignal;
}

export interface Reader {
  /** The same for the same source: its cursor is kept under this name. */
  readonly source: string;
  /**
   * Reads on.
   * @param cursor of the last batch that was kept; undefined the first time
   * @param done whether that batch was the end: then only what is new since is read
   * @throws FetchError, or the system's error, when the source cannot be read; what was kept before stays
   */
  read(cursor: unknown, done: boolean, context: ReadContext): AsyncIterable<Batch>;
}
