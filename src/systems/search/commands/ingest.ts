/** Documents from files into a collection, some megabytes at a time: what was added stays when the rest is stopped. */
import type { Progress } from '../../../command/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { CollectionWriter } from '../collection/writer.ts';
import { type ReadItemsOptions, readItems } from '../readers/formats.ts';
import type { Problem } from '../readers/item.ts';
import { Problems } from './problems.ts';

/** What is added at once: so many UTF-16 units of text, or documents. */
const BATCH_UNITS = 2 ** 23;
const BATCH_DOCUMENTS = 10_000;

export interface Ingested {
  /** New ones. */
  readonly added: number;
  /** Those that took the place of one of their id. */
  readonly replaced: number;
  /** Those that were there, the same in all fields. */
  readonly unchanged: number;
  /** Lines, objects, passages and files that were malformed and left out. */
  readonly leftOut: number;
  /** Documents of the collection now. */
  readonly documents: number;
}

/**
 * Adds the documents of files. One that is there already, the same in all fields, is passed over, so that adding a file
 * again after it was stopped goes on where it stopped.
 * @throws RangeError when there is no document in the files; the signal's reason
 */
export async function ingest(
  writer: CollectionWriter,
  paths: readonly string[],
  options: ReadItemsOptions,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Ingested> {
  const problems = new Problems(progress);
  const counts = { added: 0, replaced: 0, unchanged: 0 };
  let batch = new Map<string, StoredDocument>();
  let units = 0;
  const flush = async (): Promise<void> => {
    const documents = [...batch.values()];
    batch = new Map();
    units = 0;
    await writer.add(documents);
  };
  for (const path of paths) {
    for await (const item of readItems(path, options)) {
      signal.throwIfAborted();
      if ('problem' in item) problems.tell(item.problem);
      if (!('document' in item)) continue;
      const { document } = item;
      const known = batch.get(document.id) ?? writer.get(document.id);
      if (known === undefined) counts.added++;
      else if (JSON.stringify(known) === JSON.stringify(document)) {
        counts.unchanged++;
        continue;
      } else counts.replaced++;
      batch.set(document.id, document);
      units += document.text.length;
      if (units >= BATCH_UNITS || batch.size >= BATCH_DOCUMENTS) await flush();
      progress.update(`${path}: ${counts.added + counts.replaced} documents`);
    }
  }
  await flush();
  const all = counts.added + counts.replaced + counts.unchanged;
  if (all === 0) throw noDocuments('search', paths);
  progress.update('merging');
  await writer.merged();
  signal.throwIfAborted();
  return { ...counts, leftOut: problems.count, documents: writer.size };
}

/**
 * What is thrown where files hold no document: mostly they are of another format than their names tell.
 * @param first what is wrong with the first one, where nobody has been told
 */
export function noDocuments(op: string, paths: readonly string[], first?: Problem): RangeError {
  const why = first === undefined ? '' : ` (${first.where}: ${first.what})`;
  const way = 'fields of other names are told by --text-field and --id-field, other files by --format';
  return new RangeError(`${op}: expected documents, got none in ${paths.join(', ')}${why}; ${way}`);
}

/** As lines for a person. */
export function ingestedText({ added, replaced, unchanged, leftOut, documents }: Ingested): string {
  const parts = [
    `${added} ${added === 1 ? 'document' : 'documents'} added`,
    replaced > 0 && `${replaced} replaced`,
    unchanged > 0 && `${unchanged} as they were`,
    leftOut > 0 && `${leftOut} malformed left out`,
  ].filter((part) => part !== false);
  return `${parts.join(', ')}; ${documents} in all`;
}
