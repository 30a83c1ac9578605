/** Lines of a file, plain or gzipped, as they come: a file may be larger than the memory. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { SourceRecord } from '../store/store.ts';
import type { Batch } from './reader.ts';

/** Longest line; a record of a paper with its text is far below. */
const longest = 2 ** 24;
/** Records of one transaction. */
export const batchSize = 500;

/** How far a file has been read, and which file that was: another size or time is another file. */
export interface FileCursor {
  readonly size: number;
  readonly changed: number;
  /** Records behind. */
  readonly records: number;
}

/** The file's stamp. @throws RangeError for what is not a file */
export async function stampOf(path: string): Promise<Omit<FileCursor, 'records'>> {
  const found = await stat(path);
  if (!found.isFile()) throw new RangeError(`ingest: expected a file, got ${path}`);
  return { size: found.size, changed: found.mtimeMs };
}

/** The file's bytes, gunzipped if they are gzipped. */
export async function* bytesOf(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file: FileHandle = await open(path);
  const head = Buffer.alloc(2);
  await file.read(head, 0, 2, 0).finally(() => file.close());
  const raw = createReadStream(path);
  raw.on('data', (part) => onRead(part.length));
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* raw;
    return;
  }
  const plain = createGunzip();
  raw.on('error', (error) => plain.destroy(error));
  try {
    yield* raw.pipe(plain);
  } catch (error) {
    throw new RangeError(`ingest: ${path}: expected gzip, got damaged or truncated data (${(error as Error).message})`);
  } finally {
    raw.destroy();
  }
}

/** Lines with their numbers, from 1; undefined for one that is too long. */
export async function* linesOf(
  path: string,
  onRead: (bytes: number) => void,
): AsyncGenerator<{ line: number; bytes: Buffer | undefined }> {
  let line = 0;
  let held: Buffer[] = [];
  // of the line so far, also of what is no longer held because it is too long
  let length = 0;
  const take = (last: Buffer): { line: number; bytes: Buffer | undefined } => {
    length += last.length;
    const bytes = length > longest ? undefined : Buffer.concat([...held, last]);
    held = [];
    length = 0;
    return { line: ++line, bytes };
  };
  for await (const part of bytesOf(path, onRead)) {
    let start = 0;
    for (let end = part.indexOf(10); end >= 0; end = part.indexOf(10, start)) {
      yield take(part.subarray(start, end));
      start = end + 1;
    }
    const rest = part.subarray(start);
    length += rest.length;
    held = length > longest ? [] : [...held, rest];
  }
  if (length > 0) yield take(Buffer.alloc(0));
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
