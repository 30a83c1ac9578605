/**
 * Reading a source into a store.
 *
 * Every batch is kept together with how far the source has been read, so that a run that is stopped or killed goes on
 * behind what it kept, and a run that ended goes on with what is new. A record that cannot be understood is named and left out.
 */
import { type Progress, silent } from '../../../command/index.ts';
import { recordFault } from '../store/put.ts';
import type { SourceRecord, Store } from '../store/store.ts';
import type { Reader } from './reader.ts';

export interface IngestOptions {
  /** Its notes are the log: what was left out, and why. */
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Reads all of it anew; records that have not changed change nothing. */
  readonly restart?: boolean;
}

export interface IngestResult {
  readonly source: string;
  /** Records that were read and understood. */
  readonly read: number;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Papers of the collection that turned out to be one. */
  readonly merged: number;
  /** What was left out or kept apart, one line each: the first thousand. */
  readonly faults: readonly string[];
  /** How many there were. */
  readonly faultCount: number;
}

const mostFaults = 1000;
/** Faults that are shown at once; the result holds more. */
const shown = 20;

export async function ingest(
  store: Store,
  reader: Reader,
  { progress = silent, signal, restart = false }: IngestOptions = {},
): Promise<IngestResult> {
  const { source } = reader;
  const state = restart ? undefined : await store.run(source);
  const faults: string[] = [];
  const counts = { read: 0, added: 0, updated: 0, unchanged: 0, merged: 0, faultCount: 0 };
  const fault = (line: string) => {
    // a line of a log, whatever the source put in it
    const clean = line.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').slice(0, 400);
    if (faults.length < mostFaults) faults.push(clean);
    if (++counts.faultCount <= shown) progress.note(clean);
    else if (counts.faultCount === shown + 1) progress.note('further records are left out without a line each');
  };
  for await (const batch of reader.read(state?.cursor, state?.done ?? false, { ...(signal && { signal }) })) {
    signal?.throwIfAborted();
    for (const line of batch.faults) fault(line);
    const records: SourceRecord[] = [];
    for (const record of batch.records) {
      const problem = recordFault(record);
      if (problem === undefined) records.push(record);
      else fault(problem);
    }
    const { cursor, done } = batch;
    const result = await store.put(records, { source, cursor, done });
    for (const line of result.conflicts) fault(line);
    counts.read += records.length;
    counts.added += result.added;
    counts.updated += result.updated;
    counts.unchanged += result.unchanged;
    counts.merged += result.merged.length;
    progress.update(`${source}: ${counts.read} records`, batch.share);
  }
  return { source, ...counts, faults };
}
