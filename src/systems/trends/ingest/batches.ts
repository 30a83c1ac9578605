/** What a file holds, in batches: a file may be larger than the memory, and is read on from where the last run ended. */
import { stat } from 'node:fs/promises';
import type { SourceRecord } from '../store/store.ts';
import type { Batch } from './reader.ts';

/** Records of one transaction. */
const batchSize = 500;

/** How far a file has been read, and which file that was: another size or time is another file. */
interface FileCursor {
  readonly size: number;
  readonly changed: number;
  /** Records behind. */
  readonly records: number;
}

/** The file's stamp. @throws RangeError for what is not a file */
async function stampOf(path: string): Promise<Omit<FileCursor, 'records'>> {
  const found = await stat(path);
  if (!found.isFile()) throw new RangeError(`ingest: expected a file, got ${path}`);
  return { size: found.size, changed: found.mtimeMs };
}

/**
 * Batches of what a file holds, from behind the cursor on.
 * @param items records of the whole file in order, or what is wrong with each; `index` counts both
 */
export async function* fileBatches(
  path: string,
  given: unknown,
  done: boolean,
  items: (onRead: (bytes: number) => void) => AsyncIterable<SourceRecord | string>,
): AsyncGenerator<Batch> {
  const stamp = await stampOf(path);
  const before = given as FileCursor | undefined;
  const same = before?.size === stamp.size && before.changed === stamp.changed;
  if (same && done) return;
  const skip = same ? before.records : 0;
  let bytes = 0;
  let index = 0;
  let records: SourceRecord[] = [];
  let faults: string[] = [];
  const batch = (end: boolean): Batch => {
    const full = { records, faults, cursor: { ...stamp, records: index } satisfies FileCursor, done: end };
    records = [];
    faults = [];
    return { ...full, share: stamp.size === 0 ? 1 : Math.min(1, bytes / stamp.size) };
  };
  const read = (count: number) => {
    bytes += count;
  };
  for await (const item of items(read)) {
    if (index++ < skip) continue;
    if (typeof item === 'string') faults.push(item);
    else records.push(item);
    if (records.length + faults.length === batchSize) yield batch(false);
  }
  yield batch(true);
}
